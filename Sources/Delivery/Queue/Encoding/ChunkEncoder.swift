import ExportingModules
import Exposition

/// Samples of one collection as they lie on disk, without their number.
///
/// In an ``Envelope``: how many samples there are, the time of the collection, and the samples, each after the other. A
/// sample is a byte of ``SampleFlags`` and what differs from the sample before, in this order: service, family, name,
/// labels, timestamp, value. A text or a family that was there before in the chunk is its number; a new one stands where
/// it is first needed. Numbers are in the variable length of ``ByteWriter/number(_:)``.
struct EncodedChunk: Sendable, Hashable {
    /// The time of the collection, in milliseconds since 1970.
    var time: Int64
    /// How many samples there are.
    var count: Int
    /// The envelope; the checksum is still missing.
    var bytes: [UInt8]
    /// The checksum without the number.
    var checksum: UInt32

    /// The bytes for a chunk of this number.
    func sealed(number: Int64) -> [UInt8] { Envelope.seal(bytes, checksum: checksum, number: number) }
}

/// Writes samples as ``EncodedChunk``.
struct ChunkEncoder {
    /// How many samples a chunk has at most.
    static let maximumCount = 2_000
    /// From how many bytes on a chunk takes no further sample.
    static let targetBytes = 256 * 1024

    private var writer: ByteWriter
    private var texts = TextTable()
    private var families: [ObjectIdentifier: Int] = [:]
    private var last: Sample?
    /// The numbers of the names and values of the last sample's labels.
    private var labels: [(name: Int, value: Int)] = []
    private var timestamp: Int64

    /// Encodes a collection, in as many chunks as it takes.
    static func chunks(of batch: SampleBatch) -> [EncodedChunk] {
        var chunks: [EncodedChunk] = []
        var rest = batch.samples[...]
        while !rest.isEmpty {
            var encoder = ChunkEncoder(time: batch.time, capacity: min(rest.count, maximumCount) * 32)
            var count = 0
            for sample in rest.prefix(maximumCount) {
                encoder.add(sample)
                count += 1
                if encoder.writer.bytes.count >= targetBytes { break }
            }
            chunks.append(encoder.finished(time: batch.time, count: count))
            rest = rest.dropFirst(count)
        }
        return chunks
    }

    private init(time: Int64, capacity: Int) {
        writer = ByteWriter(capacity: capacity)
        timestamp = time
    }

    private func finished(time: Int64, count: Int) -> EncodedChunk {
        var whole = Envelope.begin(capacity: writer.bytes.count + 24)
        whole.number(UInt64(count))
        whole.signed(time)
        whole.append(writer)
        return EncodedChunk(
            time: time,
            count: count,
            bytes: whole.bytes,
            checksum: Envelope.checksum(whole.bytes)
        )
    }

    private mutating func add(_ sample: Sample) {
        var flags: SampleFlags = []
        if let last {
            if last.service.isSame(as: sample.service) { flags.insert(.sameService) }
            if last.family === sample.family { flags.insert(.sameFamily) }
        }
        if sample.name.isSame(as: sample.family.name) {
            flags.insert(.familyName)
        } else if let last, last.name.isSame(as: sample.name) {
            flags.insert(.sameName)
        }
        if sample.timestamp == timestamp { flags.insert(.sameTimestamp) }
        let whole = Self.whole(sample.value)
        if whole != nil { flags.insert(.wholeValue) }
        if let last, last.labels == sample.labels { flags.insert(.sameLabels) }

        writer.byte(flags.rawValue)
        if !flags.contains(.sameService) { text(sample.service) }
        if !flags.contains(.sameFamily) { family(sample.family) }
        if flags.isDisjoint(with: [.familyName, .sameName]) { text(sample.name) }
        if !flags.contains(.sameLabels) { write(sample.labels) }
        if !flags.contains(.sameTimestamp) { writer.signed(sample.timestamp &- timestamp) }
        if let whole { writer.signed(whole) } else { writer.double(sample.value) }
        timestamp = sample.timestamp
        last = sample
    }

    /// A value as a whole number, if it can be had back from that bit by bit.
    private static func whole(_ value: Double) -> Int64? {
        guard abs(value) < 0x1p53, let whole = Int64(exactly: value), whole != 0 || value.sign == .plus else {
            return nil
        }
        return whole
    }

    private mutating func text(_ value: String) {
        _ = texts.write(value, to: &writer)
    }

    private mutating func family(_ family: SampleFamily) {
        let id = ObjectIdentifier(family)
        if let index = families[id] {
            writer.number(UInt64(index) + 1)
            return
        }
        families[id] = families.count
        writer.number(0)
        text(family.name)
        writer.byte(family.kind.code)
        text(family.help)
        text(family.unit)
    }

    /// The number of labels, and per label: 0 if it is the one in the same place of the sample before; 1 and a text if only
    /// its value differs; or two texts, the first number raised by 2.
    private mutating func write(_ set: LabelSet) {
        writer.number(UInt64(set.count))
        for (place, label) in set.labels.enumerated() {
            let before = place < labels.count ? labels[place] : (name: -1, value: -1)
            let name = texts.find(label.name, in: writer)
            if !name.isNew, name.index == before.name {
                let value = texts.find(label.value, in: writer)
                if !value.isNew, value.index == before.value {
                    writer.number(0)
                    continue
                }
                writer.number(1)
            } else if name.isNew {
                writer.number(2)
                writer.text(label.name)
                texts.add(label.name, end: writer.bytes.count)
            } else {
                writer.number(UInt64(name.index) + 3)
            }
            let value = texts.write(label.value, to: &writer)
            if place < labels.count { labels[place] = (name.index, value) } else { labels.append((name.index, value)) }
        }
        labels.removeSubrange(min(set.count, labels.count)...)
    }
}
