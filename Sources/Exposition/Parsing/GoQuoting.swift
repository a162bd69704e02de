extension String {
    /// Bytes quoted as Go's `%q` does it, so that errors read like those of Prometheus. Long ones are cut.
    init(goQuoting bytes: ArraySlice<UInt8>, limit: Int = 256) {
        var text = "\""
        var rest = bytes.prefix(limit)
        while let byte = rest.first {
            let length = Self.lengthOfCharacter(rest)
            switch byte {
            case UInt8(ascii: "\""): text += #"\""#
            case UInt8(ascii: "\\"): text += #"\\"#
            case 0x07: text += #"\a"#
            case 0x08: text += #"\b"#
            case 0x09: text += #"\t"#
            case 0x0A: text += #"\n"#
            case 0x0B: text += #"\v"#
            case 0x0C: text += #"\f"#
            case 0x0D: text += #"\r"#
            case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
            case 0x80... where length > 1:
                text += Self.quotedScalars(String(decoding: rest.prefix(length), as: UTF8.self))
            default: text += #"\x"# + Self.hexadecimal(UInt32(byte), digits: 2)
            }
            rest = rest.dropFirst(length)
        }
        if bytes.count > limit { text += "…" }
        self = text + "\""
    }

    private static func quotedScalars(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { quoted, scalar in
            if isPrintable(scalar) {
                quoted.unicodeScalars.append(scalar)
            } else if scalar.value < 0x10000 {
                quoted += #"\u"# + hexadecimal(scalar.value, digits: 4)
            } else {
                quoted += #"\U"# + hexadecimal(scalar.value, digits: 8)
            }
        }
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator,
            .paragraphSeparator:
            false
        default: true
        }
    }

    private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: Swift.max(0, digits - text.count)) + text
    }

    /// The length of the character that bytes begin with; 1 if they begin with none.
    private static func lengthOfCharacter(_ bytes: ArraySlice<UInt8>) -> Int {
        for length in 2...4 where bytes.count >= length {
            if let text = String(validating: bytes.prefix(length), as: UTF8.self), text.unicodeScalars.count == 1 {
                return length
            }
        }
        return 1
    }
}
