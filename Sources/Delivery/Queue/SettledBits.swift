/// A set of places in a chunk.
struct SettledBits: Sendable, Hashable {
    /// How many places there are.
    let capacity: Int
    /// How many of them are in the set.
    private(set) var count = 0
    private var words: [UInt64]

    /// An empty set.
    init(capacity: Int) {
        self.capacity = max(0, capacity)
        words = [UInt64](repeating: 0, count: (self.capacity + 63) / 64)
    }

    /// Reads a set that was written; nil if these are not the bytes of a set of this capacity.
    init?(capacity: Int, bytes: some Collection<UInt8>) {
        guard capacity >= 0, bytes.count == (capacity + 7) / 8 else { return nil }
        self.init(capacity: capacity)
        for (index, byte) in bytes.enumerated() { words[index / 8] |= UInt64(byte) << UInt64(index % 8 * 8) }
        if capacity % 64 != 0, let last = words.last, last >> UInt64(capacity % 64) != 0 { return nil }
        count = words.reduce(0) { $0 + $1.nonzeroBitCount }
    }

    /// One bit per place, the lowest first.
    var bytes: [UInt8] {
        (0..<(capacity + 7) / 8).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64($0 % 8 * 8)) }
    }

    /// Whether all places are in it.
    var isFull: Bool { count == capacity }

    /// Whether a place is in it; no place outside the chunk is.
    func contains(_ place: Int) -> Bool {
        place >= 0 && place < capacity && words[place / 64] & (1 << UInt64(place % 64)) != 0
    }

    /// Adds a place; false if it is there already, or outside the chunk.
    @discardableResult
    mutating func insert(_ place: Int) -> Bool {
        guard place >= 0, place < capacity, !contains(place) else { return false }
        words[place / 64] |= 1 << UInt64(place % 64)
        count += 1
        return true
    }

    /// Removes a place; false if it is not there.
    @discardableResult
    mutating func remove(_ place: Int) -> Bool {
        guard contains(place) else { return false }
        words[place / 64] &= ~(1 << UInt64(place % 64))
        count -= 1
        return true
    }
}
