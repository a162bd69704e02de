import Exposition
import Settings

/// A JSON text with `${...}` in it.
///
/// Whatever is filled in is JSON: outside of quotation marks a value of its own, with quotation marks if it is text;
/// inside of them the text alone, escaped. `$${` stands for `${` itself.
struct WebhookTemplate: Sendable {
    private enum Piece: Sendable {
        case literal([UInt8])
        case value(WebhookPlaceholder, isInsideString: Bool)
    }

    /// What is filled in.
    let placeholders: [WebhookPlaceholder]
    private let pieces: [Piece]

    /// Reads a template.
    ///
    /// - Parameters:
    ///   - text: The template.
    ///   - names: The placeholders that there are.
    /// - Throws: ``Problem`` in words.
    init(_ text: String, names: [String]) throws(Problem) {
        var pieces: [Piece] = []
        var placeholders: [WebhookPlaceholder] = []
        var literal: [UInt8] = []
        var isInsideString = false
        var isEscaped = false
        var rest = Substring(text).utf8
        while let byte = rest.first {
            if rest.starts(with: "$${".utf8) {
                literal.append(contentsOf: "${".utf8)
                rest = rest.dropFirst(3)
                isEscaped = false
            } else if rest.starts(with: "${".utf8) {
                let inside = rest.dropFirst(2).prefix { $0 != UInt8(ascii: "}") }
                let name = String(decoding: inside, as: UTF8.self)
                rest = rest.dropFirst(2 + inside.count)
                guard !rest.isEmpty else { throw Problem("${\(HTTPOutcome.excerpt(name)) is not closed") }
                rest = rest.dropFirst()
                let placeholder = try Self.placeholder(name, names)
                pieces.append(.literal(literal))
                literal = []
                pieces.append(.value(placeholder, isInsideString: isInsideString))
                placeholders.append(placeholder)
                isEscaped = false
            } else {
                if isEscaped {
                    isEscaped = false
                } else if isInsideString, byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInsideString.toggle()
                }
                literal.append(byte)
                rest = rest.dropFirst()
            }
        }
        self.pieces = pieces + [.literal(literal)]
        self.placeholders = placeholders
    }

    private static func placeholder(_ name: String, _ names: [String]) throws(Problem) -> WebhookPlaceholder {
        if let placeholder = WebhookPlaceholder(name, among: names) { return placeholder }
        let near = Suggestion.nearest(to: name, among: names)
        let hint =
            near.map { "; did you mean ${\($0)}?" } ?? "; there are \(names.joined(separator: ", "))"
        throw Problem("there is no ${\(HTTPOutcome.excerpt(name))}\(hint)")
    }

    /// Fills the template in for one record.
    func fill(_ record: WebhookRecord) -> [UInt8] {
        fill(WebhookPlaceholder.values(of: record), labels: record.labels)
    }

    /// Fills the template in for a batch of records.
    func fill(batch records: ArraySlice<WebhookRecord>, time: Int64, series: String, agent: String) -> [UInt8] {
        let values: [String: WebhookPlaceholder.Value] = [
            "agent": .text(agent), "count": .integer(Int64(records.count)), "series": .text(series),
            "time": .integer(time), "time.iso": .text(TimeFormat.iso(time)),
            "records": .raw("[" + records.map(\.json).joined(separator: ",") + "]"),
        ]
        return fill(values, labels: [:])
    }

    private func fill(_ values: [String: WebhookPlaceholder.Value], labels: LabelSet) -> [UInt8] {
        var bytes: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .literal(let literal): bytes.append(contentsOf: literal)
            case .value(let placeholder, let isInsideString):
                let value = placeholder.value(in: values, labels: labels)
                if isInsideString {
                    bytes.append(insideJSONString: Self.text(value))
                } else {
                    Self.append(value, to: &bytes)
                }
            }
        }
        return bytes
    }

    /// A value inside of a string; nothing for one that is not there.
    private static func text(_ value: WebhookPlaceholder.Value) -> String {
        switch value {
        case .text(let text), .raw(let text): return text
        case .number(let number): return NumberFormat.plain(number)
        case .integer(let number): return String(number)
        case .null: return ""
        case .labels:
            var bytes: [UInt8] = []
            append(value, to: &bytes)
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    private static func append(_ value: WebhookPlaceholder.Value, to bytes: inout [UInt8]) {
        switch value {
        case .text(let text): bytes.append(jsonString: text)
        case .raw(let text): bytes.append(text: text)
        case .number(let number): bytes.append(text: NumberFormat.json(number))
        case .integer(let number): bytes.append(text: String(number))
        case .null: bytes.append(text: "null")
        case .labels(let labels):
            bytes.append(UInt8(ascii: "{"))
            for (index, label) in labels.labels.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes.append(jsonString: label.name)
                bytes.append(UInt8(ascii: ":"))
                bytes.append(jsonString: label.value)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// What is wrong with a template.
    struct Problem: Error, Hashable {
        let message: String

        init(_ message: String) {
            self.message = message
        }
    }
}
