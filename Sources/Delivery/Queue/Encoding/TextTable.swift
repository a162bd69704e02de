import Glibc

/// The texts that were written to a chunk, found again by their bytes: strings would compare equal that are not the same.
struct TextTable {
    private struct Entry {
        let hash: UInt64
        /// Where the text is among the bytes of the chunk.
        let start: Int
        let count: Int
    }

    private var entries: [Entry] = []
    /// Open addressing: one more than the index of an entry; 0 is free. Never more than half full.
    private var slots: [Int32]
    /// Different in each table, so that nobody can make up texts that collide.
    private let seed = UInt64.random(in: UInt64.min...UInt64.max)

    init() {
        slots = [Int32](repeating: 0, count: 512)
    }

    /// Writes a text: the index of an earlier one plus 1, or 0, its length and its bytes; the number is raised by an
    /// offset.
    mutating func write(_ text: String, raisedBy offset: UInt64 = 0, to writer: inout ByteWriter) {
        var text = text
        text.withUTF8 { text in
            let hash = hash(text)
            let slot = writer.bytes.withUnsafeBufferPointer { find(text, hash, among: $0) }
            if slots[slot] != 0 {
                writer.number(UInt64(slots[slot]) + offset)
                return
            }
            writer.number(offset)
            writer.number(UInt64(text.count))
            entries.append(Entry(hash: hash, start: writer.bytes.count, count: text.count))
            writer.append(text)
            slots[slot] = Int32(truncatingIfNeeded: entries.count)
            if entries.count * 2 > slots.count { grow() }
        }
    }

    /// The slot of a text, or the one that it will have.
    private func find(_ text: UnsafeBufferPointer<UInt8>, _ hash: UInt64, among bytes: UnsafeBufferPointer<UInt8>)
        -> Int
    {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
            let entry = entries[Int(slots[slot]) - 1]
            if entry.hash == hash, entry.count == text.count,
                Self.isSame(UnsafeBufferPointer(rebasing: bytes[entry.start..<entry.start + entry.count]), text)
            {
                return slot
            }
            slot = (slot + 1) & mask
        }
        return slot
    }

    private mutating func grow() {
        slots = [Int32](repeating: 0, count: slots.count * 4)
        let mask = slots.count - 1
        for index in entries.indices {
            var slot = Int(truncatingIfNeeded: entries[index].hash) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = Int32(truncatingIfNeeded: index + 1)
        }
    }

    private static func isSame(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = left.baseAddress, let second = right.baseAddress else { return true }
        return memcmp(first, second, left.count) == 0
    }

    private func hash(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 {
        let bytes = UnsafeRawBufferPointer(text)
        var hash = seed ^ UInt64(bytes.count)
        var index = 0
        while bytes.count - index >= 8 {
            hash = Self.mix(hash ^ bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            index += 8
        }
        var rest: UInt64 = 0
        while index < bytes.count {
            rest = rest << 8 | UInt64(bytes[index])
            index += 1
        }
        return Self.mix(hash ^ rest)
    }

    /// Multiplies to 128 bits and folds them, as wyhash does.
    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        return product.high ^ product.low
    }
}
