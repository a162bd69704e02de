/// JSON writes characters beyond the basic plane as two `\u` escapes, which YAML does not know: they become one `\U`.
enum JSONSurrogates {
    /// Joins the escaped pairs of a JSON text; any other text, and any other escape, stays as it is.
    static func join(_ bytes: [UInt8]) -> [UInt8] {
        let blanks: [UInt8] = [0x20, 0x09, 0x0A, 0x0D]
        guard let first = bytes.first(where: { !blanks.contains($0) }),
            first == UInt8(ascii: "[") || first == UInt8(ascii: "{"),
            bytes.contains(UInt8(ascii: "\\"))
        else { return bytes }
        var joined: [UInt8] = []
        joined.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "\\") else {
                joined.append(bytes[index])
                index += 1
                continue
            }
            if let high = unit(bytes, at: index), (0xD800...0xDBFF).contains(high),
                let low = unit(bytes, at: index + 6), (0xDC00...0xDFFF).contains(low)
            {
                let scalar = 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
                let digits = String(scalar, radix: 16)
                joined += Array("\\U".utf8) + Array(repeating: UInt8(ascii: "0"), count: 8 - digits.utf8.count)
                joined += Array(digits.utf8)
                index += 12
            } else {
                // The escaped byte is copied with its backslash, so that it cannot begin an escape itself.
                joined += bytes[index..<min(index + 2, bytes.count)]
                index += 2
            }
        }
        return joined
    }

    /// The value of `\uXXXX` at an index.
    private static func unit(_ bytes: [UInt8], at index: Int) -> Int? {
        guard index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u") else {
            return nil
        }
        var value = 0
        for byte in bytes[(index + 2)..<(index + 6)] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            value = value << 4 | digit
        }
        return value
    }
}
