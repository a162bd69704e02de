import Exposition

/// How the path of a series is made of its parts, such as `{service}.{name}.{labels}`.
struct GraphiteTemplate: Sendable, Hashable {
    /// Why a text is no template.
    struct Problem: Error {
        var message: String
    }

    private enum Part: Sendable, Hashable {
        case literal(String)
        case service
        case name
        case label(String)
        /// Name and value of all labels that have no place of their own.
        case labels
    }

    private let parts: [Part]
    /// The labels that have a place of their own.
    private let placed: Set<String>

    /// Reads a template.
    init(_ text: String) throws(Problem) {
        var parts: [Part] = []
        var rest = text[...]
        while let start = rest.firstIndex(of: "{") {
            guard let end = rest[start...].firstIndex(of: "}") else { throw Problem(message: "there is no } after {") }
            if start > rest.startIndex { parts.append(.literal(try Self.literal(rest[..<start]))) }
            parts.append(try Self.place(rest[rest.index(after: start)..<end]))
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty { parts.append(.literal(try Self.literal(rest))) }
        guard parts.contains(.name) else {
            throw Problem(message: "{name} is missing, so all series of a service would be one")
        }
        self.parts = parts
        placed = Set(parts.compactMap { if case .label(let name) = $0 { name } else { nil } })
    }

    /// Appends the path of a series; every part of it fits in a path.
    func append(service: String, name: String, labels: LabelSet, to path: inout String) {
        for part in parts {
            switch part {
            case .literal(let text): path += text
            case .service: path += GraphiteText.node(service)
            case .name: path += GraphiteText.node(name)
            case .label(let label): path += GraphiteText.node(labels[label] ?? "")
            case .labels: append(labels, to: &path)
            }
        }
    }

    private func append(_ labels: LabelSet, to path: inout String) {
        var isFirst = true
        for label in labels.labels where !label.value.isEmpty && !placed.contains(label.name) {
            if !isFirst { path += "." }
            isFirst = false
            path += GraphiteText.node(label.name)
            path += "."
            path += GraphiteText.node(label.value)
        }
    }

    private static func literal(_ text: Substring) throws(Problem) -> String {
        guard !text.contains("}") else { throw Problem(message: "there is a } without {") }
        return GraphiteText.path(String(text))
    }

    private static func place(_ text: Substring) throws(Problem) -> Part {
        switch text {
        case "service": return .service
        case "name": return .name
        case "labels": return .labels
        default:
            guard text.hasPrefix("label:"), text.count > 6 else {
                throw Problem(
                    message: "expected {service}, {name}, {labels} or {label:NAME}, found {\(text.prefix(100))}"
                )
            }
            return .label(String(text.dropFirst(6)))
        }
    }
}
