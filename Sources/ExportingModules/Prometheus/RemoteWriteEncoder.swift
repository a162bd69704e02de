import Exposition

/// The messages of Prometheus' remote write 1.0
/// (https://prometheus.io/docs/specs/prw/remote_write_spec/ and prometheus/prompb/{remote,types}.proto):
///
/// ```
/// WriteRequest   { repeated TimeSeries timeseries = 1; repeated MetricMetadata metadata = 3; }
/// TimeSeries     { repeated Label labels = 1; repeated Sample samples = 2; }
/// Label          { string name = 1; string value = 2; }
/// Sample         { double value = 1; int64 timestamp = 2; }
/// MetricMetadata { MetricType type = 1; string metric_family_name = 2; string help = 4; string unit = 5; }
/// ```
struct RemoteWriteEncoder: Sendable {
    /// How names are written that are not plain ASCII words.
    enum Names: String, Sendable, CaseIterable {
        /// With an underscore for each character that is not allowed; every receiver takes them.
        case underscores
        /// As they are; for receivers that know names in UTF-8, such as Prometheus 3.
        case utf8
    }

    /// A sample could not be written, for this reason.
    struct Refusal: Error, Hashable {
        let reason: String
    }

    /// The bits that Prometheus gives to a value that is not a number (`NormalNaN` in prometheus/model/value). Other bits
    /// have meanings, such as ``Sample/staleBits``.
    static let normalNaN: UInt64 = 0x7ff8_0000_0000_0001

    /// Labels that every series gets, unless it has one of the name.
    let externalLabels: LabelSet
    let names: Names

    /// The labels of a series, sorted by their names, as they stand in a `TimeSeries`.
    ///
    /// - Throws: ``Refusal`` for a series that no receiver takes, and that some leave out without a word.
    func series(_ sample: Sample) throws(Refusal) -> [UInt8] {
        guard !sample.name.isEmpty else { throw Refusal(reason: "the name is empty") }
        let labels = try self.labels(sample)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(labels.labels.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 8 })
        for label in labels.labels where !label.value.isEmpty {
            let (name, value) = (label.name.utf8.count, label.value.utf8.count)
            let length =
                2 + ProtobufWriter.length(ofVarint: UInt64(name)) + name
                + ProtobufWriter.length(ofVarint: UInt64(value)) + value
            ProtobufWriter.append(lengthDelimited: 1, length, to: &bytes)
            ProtobufWriter.append(field: 1, text: label.name, to: &bytes)
            ProtobufWriter.append(field: 2, text: label.value, to: &bytes)
        }
        return bytes
    }

    private func labels(_ sample: Sample) throws(Refusal) -> LabelSet {
        var list: [Label] = []
        list.reserveCapacity(sample.labels.count + 1)
        list.append(
            Label("__name__", names == .utf8 ? sample.name : EscapingScheme.underscores.escape(metricName: sample.name))
        )
        for label in sample.labels.labels {
            guard !label.name.isEmpty else { throw Refusal(reason: "a label name is empty") }
            let name = names == .utf8 ? label.name : EscapingScheme.underscores.escape(labelName: label.name)
            list.append(Label(name == "__name__" ? "exported___name__" : name, label.value))
        }
        let labels = LabelSet(list)
        guard labels.count == list.count else {
            throw Refusal(reason: "two labels have the same name when it is written with underscores")
        }
        var all = labels
        for label in externalLabels.labels where all[label.name]?.isEmpty ?? true { all[label.name] = label.value }
        return all
    }

    /// A message with samples.
    ///
    /// - Parameters:
    ///   - samples: The samples with the labels of their series, see ``series(_:)``. Those of one series come in the order
    ///     in which they are given.
    static func message(_ samples: some Collection<(series: [UInt8], sample: Sample)>) -> [UInt8] {
        let samples = Array(samples)
        // The samples of a series are a chain, so that nothing is allocated for each series.
        var chains: [(first: Int, last: Int)] = []
        var next = [Int](repeating: -1, count: samples.count)
        var places: [SeriesKey: Int] = [:]
        chains.reserveCapacity(samples.count)
        places.reserveCapacity(samples.count)
        for index in samples.indices {
            let place = places[SeriesKey(samples[index].series), default: chains.count]
            if place == chains.count {
                places[SeriesKey(samples[index].series)] = place
                chains.append((index, index))
            } else {
                next[chains[place].last] = index
                chains[place].last = index
            }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(samples.reduce(0) { $0 + $1.series.count + 32 })
        for chain in chains {
            let series = samples[chain.first].series
            var length = series.count
            for index in sequence(first: chain.first, next: { next[$0] < 0 ? nil : next[$0] }) {
                length += 2 + self.length(samples[index].sample)
            }
            ProtobufWriter.append(lengthDelimited: 1, length, to: &bytes)
            bytes.append(contentsOf: series)
            for index in sequence(first: chain.first, next: { next[$0] < 0 ? nil : next[$0] }) {
                append(samples[index].sample, to: &bytes)
            }
        }
        return bytes
    }

    /// The length of a `Sample`, less than 128.
    private static func length(_ sample: Sample) -> Int {
        10 + ProtobufWriter.length(ofVarint: UInt64(bitPattern: sample.timestamp))
    }

    private static func append(_ sample: Sample, to bytes: inout [UInt8]) {
        let bits = sample.value.isNaN && !sample.isStale ? normalNaN : sample.value.bitPattern
        let time = UInt64(bitPattern: sample.timestamp)
        ProtobufWriter.append(lengthDelimited: 2, length(sample), to: &bytes)
        bytes.append(1 << 3 | 1)
        ProtobufWriter.append(fixed64: bits, to: &bytes)
        bytes.append(2 << 3)
        ProtobufWriter.append(varint: time, to: &bytes)
    }

    /// A message with the descriptions of families.
    func message(_ families: [SampleFamily]) -> [UInt8] {
        var bytes: [UInt8] = []
        for family in families {
            var entry: [UInt8] = []
            let kind = Self.type(family.kind)
            if kind != 0 { entry += [1 << 3, kind] }
            let name = names == .utf8 ? family.name : EscapingScheme.underscores.escape(metricName: family.name)
            ProtobufWriter.append(field: 2, text: name, to: &entry)
            ProtobufWriter.append(field: 4, text: family.help, to: &entry)
            ProtobufWriter.append(field: 5, text: family.unit, to: &entry)
            ProtobufWriter.append(lengthDelimited: 3, entry.count, to: &bytes)
            bytes += entry
        }
        return bytes
    }

    private static func type(_ kind: MetricKind) -> UInt8 {
        switch kind {
        case .unknown: 0
        case .counter: 1
        case .gauge: 2
        case .histogram: 3
        case .summary: 5
        case .info: 6
        }
    }
}

/// The labels of a series as a key, hashed by words.
private struct SeriesKey: Hashable {
    /// Different for each process, so that nobody can choose labels that collide.
    private static let seed = UInt64.random(in: 0 ... .max)

    private let bytes: [UInt8]
    private let mixed: UInt64

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        mixed = bytes.withUnsafeBytes { buffer in
            var hash = Self.seed
            var offset = 0
            while offset + 8 <= buffer.count {
                hash = Self.mix(hash, buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                offset += 8
            }
            var rest = UInt64(buffer.count)
            while offset < buffer.count {
                rest = rest << 8 | UInt64(buffer[offset])
                offset += 1
            }
            return Self.mix(hash, rest)
        }
    }

    /// Both halves of a product, so that every bit of the word counts.
    private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let (high, low) = (hash ^ word).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        return (high ^ low) &+ Self.seed
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(mixed)
    }
}
