import ExportingModules
import Exposition
import Glibc

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
    private var timestamp: Int64

    /// Encodes a collection, in as many chunks as it takes.
    static func chunks(of batch: SampleBatch) -> [EncodedChunk] {
        var chunks: [EncodedChunk] = []
        var start = 0
        while start < batch.samples.count {
            let end = min(batch.samples.count, start + maximumCount)
            var encoder = ChunkEncoder(time: batch.time, capacity: (end - start) * 32)
            var next = start
            while next < end, encoder.writer.bytes.count < targetBytes {
                encoder.add(batch.samples, next, after: next > start ? next - 1 : nil)
                next += 1
            }
            chunks.append(encoder.finished(time: batch.time, count: next - start))
            start = next
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

    /// Adds a sample. What is asked of it is asked in place: copies of samples would cost more than all the rest.
    private mutating func add(_ samples: [Sample], _ index: Int, after last: Int?) {
        var flags: SampleFlags = []
        let family = samples[index].family
        if let last {
            if samples[last].service.isSame(as: samples[index].service) { flags.insert(.sameService) }
            if samples[last].family === family { flags.insert(.sameFamily) }
        }
        if samples[index].name.isSame(as: family.name) {
            flags.insert(.familyName)
        } else if let last, samples[last].name.isSame(as: samples[index].name) {
            flags.insert(.sameName)
        }
        if samples[index].timestamp == timestamp { flags.insert(.sameTimestamp) }
        let whole = Self.whole(samples[index].value)
        if whole != nil { flags.insert(.wholeValue) }
        if let last, samples[last].labels.labels.isSameInMemory(as: samples[index].labels.labels) {
            flags.insert(.sameLabels)
        }

        writer.byte(flags.rawValue)
        if !flags.contains(.sameService) { text(samples[index].service) }
        if !flags.contains(.sameFamily) { write(family) }
        if flags.isDisjoint(with: [.familyName, .sameName]) { text(samples[index].name) }
        if !flags.contains(.sameLabels) {
            write(samples[index].labels.labels, after: last.map { samples[$0].labels.labels } ?? [])
        }
        if !flags.contains(.sameTimestamp) { writer.signed(samples[index].timestamp &- timestamp) }
        if let whole { writer.signed(whole) } else { writer.double(samples[index].value) }
        timestamp = samples[index].timestamp
    }

    /// A value as a whole number, if it can be had back from that bit by bit.
    private static func whole(_ value: Double) -> Int64? {
        guard abs(value) < 0x1p53, let whole = Int64(exactly: value), whole != 0 || value.sign == .plus else {
            return nil
        }
        return whole
    }

    private mutating func text(_ value: String) {
        texts.write(value, to: &writer)
    }

    private mutating func write(_ family: SampleFamily) {
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
    private mutating func write(_ labels: [Label], after last: [Label]) {
        writer.number(UInt64(labels.count))
        for place in labels.indices {
            let isName = place < last.count && labels[place].name.isSame(as: last[place].name)
            if isName, labels[place].value.isSame(as: last[place].value) {
                writer.number(0)
                continue
            }
            if isName { writer.number(1) } else { texts.write(labels[place].name, raisedBy: 2, to: &writer) }
            texts.write(labels[place].value, to: &writer)
        }
    }
}

extension [Label] {
    /// Whether these are the same labels, as far as that can be seen without reading them.
    fileprivate func isSameInMemory(as other: [Label]) -> Bool {
        count == other.count
            && withUnsafeBytes { left in
                other.withUnsafeBytes { right in
                    guard let first = left.baseAddress, let second = right.baseAddress else { return true }
                    return memcmp(first, second, left.count) == 0
                }
            }
    }
}
