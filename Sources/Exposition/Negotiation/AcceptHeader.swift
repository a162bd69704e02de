/// The clauses of an `Accept` header.
///
/// Headers come from outside: of one that is longer than ``byteLimit`` only the beginning counts, and of that only so
/// many clauses and parameters.
struct AcceptHeader {
    /// One clause, in lower case except for the values of parameters.
    struct Clause {
        var type: String
        var subtype: String
        var quality: Double = 1
        var parameters: [(name: String, value: String)] = []

        func parameter(_ name: String) -> String? {
            parameters.last { $0.name == name }?.value
        }
    }

    static let byteLimit = 4096
    static let clauseLimit = 64
    static let parameterLimit = 16

    /// The clauses by falling quality; among equals specific ones before wildcards, then as written.
    let clauses: [Clause]

    init(_ text: String) {
        let parts = String(decoding: text.utf8.prefix(Self.byteLimit), as: UTF8.self)
            .split(separator: ",", maxSplits: Self.clauseLimit)
            .prefix(Self.clauseLimit)
        clauses = parts.compactMap(Self.clause).enumerated()
            .sorted { left, right in
                let (first, second) = (left.element, right.element)
                if first.quality != second.quality { return first.quality > second.quality }
                if (first.type == "*") != (second.type == "*") { return second.type == "*" }
                if (first.subtype == "*") != (second.subtype == "*") { return second.subtype == "*" }
                return left.offset < right.offset
            }
            .map(\.element)
    }

    private static func clause(_ text: Substring) -> Clause? {
        let parts = text.split(separator: ";", maxSplits: parameterLimit + 1, omittingEmptySubsequences: false)
        guard let range = parts.first else { return nil }
        let names = range.split(separator: "/", omittingEmptySubsequences: false).map { trimmed($0).lowercased() }
        var clause: Clause
        switch names.count {
        case 1 where names[0] == "*": clause = Clause(type: "*", subtype: "*")
        case 2: clause = Clause(type: names[0], subtype: names[1])
        default: return nil
        }
        for part in parts.dropFirst().prefix(parameterLimit) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { continue }
            let name = trimmed(pair[0]).lowercased()
            let value = trimmed(pair[1])
            if name == "q" {
                let quality = Double(value) ?? 0
                clause.quality = quality.isFinite ? min(max(quality, 0), 1) : 0
            } else {
                clause.parameters.append((name, String(value)))
            }
        }
        return clause
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
