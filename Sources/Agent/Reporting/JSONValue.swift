import Settings

/// Settings as JSON, for people to look at: secrets are hidden.
indirect enum JSONValue: Sendable, Hashable, Codable {
    /// Nothing.
    case null
    /// A scalar as written.
    case string(String)
    /// A list.
    case array([JSONValue])
    /// A mapping.
    case object([String: JSONValue])

    /// Shows settings; a secret shows as `<secret>`.
    init(_ node: SettingsNode) {
        switch node.content {
        case .null: self = .null
        case .scalar(let text, _): self = .string(text)
        case .secret(let secret): self = .string(secret.description)
        case .sequence(let items): self = .array(items.map(JSONValue.init))
        case .mapping(let entries):
            self = .object(Dictionary(entries.map { ($0.key, JSONValue($0.value)) }) { first, _ in first })
        }
    }

    /// Decodes any of the cases.
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let items = try? container.decode([JSONValue].self) {
            self = .array(items)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    /// Encodes the value itself.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .string(let text): try container.encode(text)
        case .array(let items): try container.encode(items)
        case .object(let object): try container.encode(object)
        }
    }
}
