/// A digest of bytes that is the same on every machine and at every start: FNV-1a with 128 bits.
///
/// It tells whether a file has changed; nobody gains by forging it.
struct ContentDigest: Sendable, CustomStringConvertible {
    private var value: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D

    mutating func update(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = (value ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013B }
    }

    /// 32 hexadecimal digits.
    var description: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}
