/// A compression that a page can be sent in.
public enum ContentEncoding: String, Sendable, Hashable, CaseIterable {
    /// None.
    case identity
    /// RFC 1952.
    case gzip
    /// RFC 8878.
    case zstd

    /// The encoding that suits an `Accept-Encoding` header best.
    ///
    /// The highest quality wins, and the earlier case among equals, so that `*` gives `identity`, and `gzip, zstd` gives
    /// `gzip`. What does not parse ends the header there; if nothing is acceptable it is `identity`.
    public static func negotiate(acceptEncoding: String?) -> ContentEncoding {
        let accepted = clauses(of: acceptEncoding ?? "")
        var best = ContentEncoding.identity
        var bestQuality = -1.0
        for offer in allCases {
            for clause in accepted where clause.quality > bestQuality {
                if clause.value == "*" || clause.value == offer.rawValue {
                    bestQuality = clause.quality
                    best = offer
                }
            }
        }
        return bestQuality == 0 ? .identity : best
    }

    private static let byteLimit = 4096
    private static let clauseLimit = 64

    private static func clauses(of header: String) -> [(value: String, quality: Double)] {
        var text = header.utf8.prefix(byteLimit)
        var clauses: [(value: String, quality: Double)] = []
        while clauses.count < clauseLimit {
            let value = text.prefix(while: isToken)
            if value.isEmpty { break }
            text = skippingSpace(text.dropFirst(value.count))
            var quality = 1.0
            if text.first == UInt8(ascii: ";") {
                text = skippingSpace(text.dropFirst())
                guard text.starts(with: "q=".utf8) || text.starts(with: "Q=".utf8) else { break }
                text = text.dropFirst(2)
                guard let parsed = parseQuality(&text) else { break }
                quality = parsed
            }
            clauses.append((String(decoding: value, as: UTF8.self).lowercased(), quality))
            text = skippingSpace(text)
            guard text.first == UInt8(ascii: ",") else { break }
            text = skippingSpace(text.dropFirst())
        }
        return clauses
    }

    private static func parseQuality(_ text: inout Substring.UTF8View) -> Double? {
        guard let first = text.first, first == UInt8(ascii: "0") || first == UInt8(ascii: "1") else { return nil }
        var quality = Double(first - UInt8(ascii: "0"))
        text = text.dropFirst()
        guard text.first == UInt8(ascii: ".") else { return quality }
        text = text.dropFirst()
        var weight = 0.1
        while let digit = text.first, digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") {
            quality += Double(digit - UInt8(ascii: "0")) * weight
            weight /= 10
            text = text.dropFirst()
        }
        return quality
    }

    private static func skippingSpace(_ text: Substring.UTF8View) -> Substring.UTF8View {
        text.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~/".utf8.contains(byte)
        }
    }
}
