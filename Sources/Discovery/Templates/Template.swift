/// A text in which `${...}` stands for a value of a service.
///
/// - `${service.name}`, `${service.address}`, `${service.port}`, `${service.source}`
/// - `${label.X}`, `${option.X}`, `${metadata.X}`
/// - `${tag.X}`: `true` if the service has the tag, else `false`
/// - `${option.db:-postgres}`: what follows `:-` stands in for a value that is missing or empty
/// - `$${` is a literal `${`
///
/// A value is put in as it is: nothing in it is taken for a template again.
public struct Template: Sendable, Hashable {
    private enum Part: Hashable, Sendable {
        case text(String)
        case value(TemplateReference, name: String, fallback: String?)
    }

    /// The template as written.
    public let source: String

    private let parts: [Part]

    /// The longest text that a template renders to, in bytes.
    public static let maximumLength = 64 * 1024

    /// Parses a template.
    ///
    /// - Throws: ``TemplateError`` with the place.
    public init(_ source: String) throws(TemplateError) {
        self.source = source
        var parts: [Part] = []
        var text = ""
        var rest = source[...]
        func offset(of index: String.Index) -> Int { source.distance(from: source.startIndex, to: index) }
        while let dollar = rest.firstIndex(of: "$") {
            text += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                text += "${"
                rest = rest.dropFirst(3)
                continue
            }
            guard rest.hasPrefix("${") else {
                text += "$"
                rest = rest.dropFirst()
                continue
            }
            guard let end = rest.firstIndex(of: "}") else {
                throw TemplateError("\"${\" without \"}\"; write \"$${\" for a literal one", at: offset(of: dollar))
            }
            let inside = rest[rest.index(dollar, offsetBy: 2)..<end]
            if !text.isEmpty { parts.append(.text(text)) }
            text = ""
            do {
                parts.append(try Self.value(inside))
            } catch {
                throw TemplateError(error.message, at: offset(of: dollar))
            }
            rest = rest[rest.index(after: end)...]
        }
        text += rest
        if !text.isEmpty { parts.append(.text(text)) }
        self.parts = parts
    }

    private static func value(_ inside: Substring) throws(TemplateError) -> Part {
        var name = inside
        var fallback: String?
        if let separator = inside.firstRange(of: ":-") {
            name = inside[..<separator.lowerBound]
            fallback = String(inside[separator.upperBound...])
            if fallback?.contains("${") ?? false { throw TemplateError("a default cannot contain \"${\"") }
        }
        return .value(try TemplateReference.parse(name).get(), name: String(name), fallback: fallback)
    }

    /// Whether it renders to the same text for every service.
    public var isLiteral: Bool { literal != nil }

    /// The text that it renders to for every service; nil if that depends on the service.
    var literal: String? {
        var literal = ""
        for part in parts {
            guard case .text(let text) = part else { return nil }
            literal += text
        }
        return literal
    }

    /// The names of the options that it uses.
    public var options: Set<String> {
        Set(parts.compactMap { if case .value(.option(let key), _, _) = $0 { key } else { nil } })
    }

    /// The text for a service.
    ///
    /// - Parameters:
    ///   - service: Where the values come from.
    ///   - source: The name of the source that reported it.
    /// - Throws: ``TemplateError`` that names the value which is missing.
    public func render(_ service: Service, source: String = "") throws(TemplateError) -> String {
        if parts.count == 1, case .text(let text) = parts[0] { return text }
        var rendered = ""
        for part in parts {
            switch part {
            case .text(let text):
                rendered += text
            case .value(let reference, let name, let fallback):
                let value = reference.value(for: service, source: source)
                if let fallback, value?.isEmpty ?? true {
                    rendered += fallback
                } else if let value {
                    rendered += value
                } else {
                    throw TemplateError("the service has no \(name), and \"${\(name)}\" has no default")
                }
            }
            if rendered.utf8.count > Self.maximumLength {
                throw TemplateError("renders to more than \(Self.maximumLength) bytes")
            }
        }
        return rendered
    }
}
