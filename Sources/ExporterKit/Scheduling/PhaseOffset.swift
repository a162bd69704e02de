/// Where in each interval the collections of a key fall: spread evenly over keys, the same on every start.
enum PhaseOffset {
    /// The offset in nanoseconds, from 0 to less than the interval.
    static func nanoseconds(key: String, seed: UInt64, interval: Int64) -> Int64 {
        // Hasher is seeded anew in every process; this has to stay.
        let hash = mixed(fnv1a(key) ^ seed)
        return Int64(hash.multipliedFullWidth(by: UInt64(max(interval, 1))).high)
    }

    /// FNV-1a, 64 bits.
    static func fnv1a(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    /// Spreads the differences of similar keys over all bits, which FNV-1a does not do (the end of SplitMix64).
    private static func mixed(_ hash: UInt64) -> UInt64 {
        var hash = hash
        hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
        return hash ^ (hash >> 31)
    }
}
