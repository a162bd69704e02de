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

    /// Different in each process, so that nobody can make up texts that collide.
    private static let seed = UInt64.random(in: UInt64.min...UInt64.max)

    init() {
        slots = [Int32](repeating: 0, count: 256)
    }

    /// Writes a text: the index of an earlier one plus 1, or 0, its length and its bytes. Returns its index.
    mutating func write(_ text: String, to writer: inout ByteWriter) -> Int {
        let (index, isNew) = find(text, in: writer)
        if isNew {
            writer.number(0)
            writer.text(text)
            add(text, end: writer.bytes.count)
        } else {
            writer.number(UInt64(index) + 1)
        }
        return index
    }

    /// The index of a text, or the one that it will have.
    func find(_ text: String, in writer: ByteWriter) -> (index: Int, isNew: Bool) {
        var text = text
        return text.withUTF8 { text in
            let hash = Self.hash(text)
            return writer.bytes.withUnsafeBufferPointer { bytes in
                let mask = slots.count - 1
                var slot = Int(truncatingIfNeeded: hash) & mask
                while slots[slot] != 0 {
                    let index = Int(slots[slot]) - 1
                    let entry = entries[index]
                    if entry.hash == hash, entry.count == text.count,
                        Self.isSame(UnsafeBufferPointer(rebasing: bytes[entry.start..<entry.start + entry.count]), text)
                    {
                        return (index, false)
                    }
                    slot = (slot + 1) & mask
                }
                return (entries.count, true)
            }
        }
    }

    /// Adds a text that was not found, whose bytes are before `end`.
    mutating func add(_ text: String, end: Int) {
        var text = text
        let (hash, count) = text.withUTF8 { (Self.hash($0), $0.count) }
        entries.append(Entry(hash: hash, start: end - count, count: count))
        if entries.count * 2 > slots.count {
            slots = [Int32](repeating: 0, count: slots.count * 4)
            for index in entries.indices { insert(index) }
        } else {
            insert(entries.count - 1)
        }
    }

    private mutating func insert(_ index: Int) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: entries[index].hash) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = Int32(truncatingIfNeeded: index + 1)
    }

    private static func isSame(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = left.baseAddress, let second = right.baseAddress else { return true }
        return memcmp(first, second, left.count) == 0
    }

    private static func hash(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 {
        let bytes = UnsafeRawBufferPointer(text)
        var hash = seed ^ UInt64(bytes.count)
        var index = 0
        while bytes.count - index >= 8 {
            hash = mix(hash ^ bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            index += 8
        }
        var rest: UInt64 = 0
        while index < bytes.count {
            rest = rest << 8 | UInt64(bytes[index])
            index += 1
        }
        return mix(hash ^ rest)
    }

    /// Multiplies to 128 bits and folds them, as wyhash does.
    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        return product.high ^ product.low
    }
}
