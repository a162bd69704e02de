import ExportingModules
import Exposition

/// Reads an ``EncodedChunk``, or what is left of one: the bytes may be anything.
///
/// What it allocates is bounded by the number of bytes; every number is checked before it is used.
struct ChunkDecoder {
    /// A chunk that was read.
    struct Chunk: Sendable, Hashable {
        /// The time of the collection, in milliseconds since 1970.
        var time: Int64
        /// The samples.
        var samples: [Sample]
    }

    /// A sample has at least its flags and a value of one byte.
    private static let minimumSampleBytes = 2

    private var reader: ByteReader
    private var texts: [String] = []
    private var families: [SampleFamily] = []
    private var timestamp: Int64 = 0

    /// Reads the bytes of the chunk with this number.
    ///
    /// - Throws: ``CorruptBytes`` if they are not what was written for it.
    static func decode(_ bytes: some Sequence<UInt8>, number: Int64) throws(CorruptBytes) -> Chunk {
        let result: Result<Chunk, CorruptBytes>? = bytes.withContiguousStorageIfAvailable { buffer in
            Result { () throws(CorruptBytes) in try decode(UnsafeRawBufferPointer(buffer), number: number) }
        }
        if let result { return try result.get() }
        return try [UInt8](bytes).withUnsafeBufferPointer { bytes throws(CorruptBytes) in
            try decode(UnsafeRawBufferPointer(bytes), number: number)
        }
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer, number: Int64) throws(CorruptBytes) -> Chunk {
        try content(of: Envelope.open(bytes, number: number))
    }

    /// Reads what is in an envelope.
    static func content(of reader: ByteReader) throws(CorruptBytes) -> Chunk {
        var decoder = ChunkDecoder(reader: reader)
        return try decoder.chunk()
    }

    private init(reader: ByteReader) {
        self.reader = reader
    }

    private mutating func chunk() throws(CorruptBytes) -> Chunk {
        let count = try reader.count(ofAtLeast: Self.minimumSampleBytes, "samples")
        guard count <= ChunkEncoder.maximumCount else { throw reader.corrupt("there are too many samples") }
        let time = try reader.signed()
        timestamp = time
        var samples: [Sample] = []
        samples.reserveCapacity(count)
        for _ in 0..<count { try addSample(to: &samples) }
        guard reader.left == 0 else { throw reader.corrupt("there is something behind the end") }
        return Chunk(time: time, samples: samples)
    }

    private mutating func addSample(to samples: inout [Sample]) throws(CorruptBytes) {
        let flags = SampleFlags(rawValue: try reader.byte())
        guard flags.isValid else { throw reader.corrupt("there are unknown flags") }
        let last = samples.count - 1
        guard last >= 0 || flags.isDisjoint(with: [.sameService, .sameFamily, .sameName, .sameLabels]) else {
            throw reader.corrupt("there is no sample before")
        }
        let service = flags.contains(.sameService) ? samples[last].service : try text()
        let family = flags.contains(.sameFamily) ? samples[last].family : try family()
        let name: String
        if flags.contains(.familyName) {
            name = family.name
        } else {
            name = flags.contains(.sameName) ? samples[last].name : try text()
        }
        let labels: LabelSet
        if flags.contains(.sameLabels) {
            labels = samples[last].labels
        } else {
            labels = try self.labels(after: last >= 0 ? samples[last].labels.labels : [])
        }
        if !flags.contains(.sameTimestamp) { timestamp &+= try reader.signed() }
        let value = flags.contains(.wholeValue) ? Double(try reader.signed()) : try reader.double()
        samples.append(
            Sample(
                name: name,
                service: service,
                labels: labels,
                family: family,
                value: value,
                timestamp: timestamp
            )
        )
    }

    private mutating func text() throws(CorruptBytes) -> String { try text(try reader.number()) }

    private mutating func text(_ number: UInt64) throws(CorruptBytes) -> String {
        if number == 0 {
            let text = try reader.text()
            texts.append(text)
            return text
        }
        guard number <= UInt64(texts.count) else { throw reader.corrupt("a text is missing") }
        return texts[Int(number) - 1]
    }

    private mutating func family() throws(CorruptBytes) -> SampleFamily {
        let number = try reader.number()
        guard number == 0 else {
            guard number <= UInt64(families.count) else { throw reader.corrupt("a family is missing") }
            return families[Int(number) - 1]
        }
        let name = try text()
        guard let kind = MetricKind(code: try reader.byte()) else { throw reader.corrupt("a kind is unknown") }
        let family = SampleFamily(name: name, kind: kind, help: try text(), unit: try text())
        families.append(family)
        return family
    }

    private mutating func labels(after before: [Label]) throws(CorruptBytes) -> LabelSet {
        let count = try reader.count(ofAtLeast: 1, "labels")
        var labels: [Label] = []
        labels.reserveCapacity(count)
        for place in 0..<count {
            let number = try reader.number()
            guard number < 2 else {
                let name = try text(number - 2)
                labels.append(Label(name, try text()))
                continue
            }
            guard place < before.count else { throw reader.corrupt("there is no label before") }
            labels.append(number == 0 ? before[place] : Label(before[place].name, try text()))
        }
        return LabelSet(labels)
    }
}
