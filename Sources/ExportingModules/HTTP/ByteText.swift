extension [UInt8] {
    /// Adds the UTF-8 bytes of a text.
    mutating func append(text: String) {
        append(contentsOf: text.utf8)
    }

    /// Adds a finite number as `NumberFormat.plain` has it, most of them without a detour.
    mutating func append(number: Double) {
        if let whole = Int64(exactly: number), whole.magnitude < 1 << 53, whole != 0 || number.sign == .plus {
            append(text: String(whole))
        } else {
            append(text: NumberFormat.plain(number))
        }
    }

    /// Adds a text as a JSON string with its quotation marks (RFC 8259).
    mutating func append(jsonString text: String) {
        append(UInt8(ascii: "\""))
        append(insideJSONString: text)
        append(UInt8(ascii: "\""))
    }

    /// Adds a text as it stands between the quotation marks of a JSON string.
    mutating func append(insideJSONString text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case UInt8(ascii: "\n"): append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
            case UInt8(ascii: "\r"): append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
            case UInt8(ascii: "\t"): append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
            case 0..<0x20:
                append(contentsOf: "\\u00".utf8)
                append(Self.digit(byte >> 4))
                append(Self.digit(byte & 15))
            default: append(byte)
            }
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

extension String {
    /// Whether any byte is a control character of ASCII.
    var hasControlCharacters: Bool {
        utf8.contains { $0 < 0x20 || $0 == 0x7f }
    }

    /// The text as a part of a URL's query: everything but letters, digits, `-`, `.`, `_` and `~` as `%XX` (RFC 3986).
    var percentEncoded: String {
        let hexadecimal = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.append(byte)
            default:
                result += [UInt8(ascii: "%"), hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
