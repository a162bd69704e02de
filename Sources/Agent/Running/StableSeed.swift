/// A number from a name, the same on every machine and after every restart (FNV-1a), for phases.
enum StableSeed {
    static func of(_ name: String) -> UInt64 {
        name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}
