/// One value of a query's result, whatever the database.
public enum ColumnValue: Sendable, Hashable {
    /// NULL.
    case null
    /// An integer of any width.
    case integer(Int64)
    /// A floating-point number.
    case real(Double)
    /// A truth value: 1 or 0 as a number, `true` or `false` as a label.
    case bool(Bool)
    /// Text. It counts as a number if all of it reads as one.
    case text(String)
    /// A moment, in seconds since 1970.
    case timestamp(Double)
    /// An array, as histograms need them.
    case array([ColumnValue])
}

extension ColumnValue {
    /// The value as a number; nil for NULL, arrays and text that is not a number.
    public var number: Double? {
        switch self {
        case .integer(let integer): Double(integer)
        case .real(let real): real
        case .bool(let bool): bool ? 1 : 0
        case .timestamp(let seconds): seconds
        case .text(let text): Double(text)
        case .null, .array: nil
        }
    }

    /// The value as it stands in a label; NULL is the empty text.
    public var labelText: String {
        switch self {
        case .null: ""
        case .integer(let integer): String(integer)
        case .real(let real), .timestamp(let real): Self.text(of: real)
        case .bool(let bool): bool ? "true" : "false"
        case .text(let text): text
        case .array(let items): "{" + items.map(\.labelText).joined(separator: ",") + "}"
        }
    }

    /// The items of an array; also of the text of one, as PostgreSQL (`{1,2}`) and JSON (`[1,2]`) write it.
    var numbers: [Double?]? {
        switch self {
        case .array(let items):
            return items.map(\.number)
        case .text(let text):
            let isArray = (text.hasPrefix("{") && text.hasSuffix("}")) || (text.hasPrefix("[") && text.hasSuffix("]"))
            guard isArray else { return nil }
            let inner = text.dropFirst().dropLast()
            if inner.allSatisfy(\.isWhitespace) { return [] }
            return inner.split(separator: ",", omittingEmptySubsequences: false).map { item in
                Double(item.filter { $0 != " " && $0 != "\"" })
            }
        default:
            return nil
        }
    }

    /// What it is, in words for a message. Long texts are cut.
    var found: String {
        switch self {
        case .null: "NULL"
        case .array: "an array"
        case .text(let text): text.count > 40 ? "the text \"\(text.prefix(40))...\"" : "the text \"\(text)\""
        default: labelText
        }
    }

    private static func text(of number: Double) -> String {
        // Whole numbers up to 2^53 read better without a fraction, and are exact.
        if let whole = Int64(exactly: number), whole.magnitude <= 1 << 53 { return String(whole) }
        return number.description
    }
}
