public import Settings

/// Which services an exporter template is for. All conditions must hold; without any, every service matches.
public struct MatchRule: Sendable {
    /// The service's name must match; nil for any.
    public var name: Pattern?
    /// All these tags must be there.
    public var tags: [String]
    /// What these labels must match. A label that is missing counts as empty, so that `.+` means that there is one.
    public var labels: [String: Pattern] { didSet { sortedLabels = Self.sort(labels) } }
    /// What these metadata must match; missing counts as empty.
    public var metadata: [String: Pattern] { didSet { sortedMetadata = Self.sort(metadata) } }

    /// In the order of their keys, so that the same service always fails on the same condition.
    private var sortedLabels: [(key: String, pattern: Pattern)]
    private var sortedMetadata: [(key: String, pattern: Pattern)]

    /// Creates a rule.
    public init(
        name: Pattern? = nil,
        tags: [String] = [],
        labels: [String: Pattern] = [:],
        metadata: [String: Pattern] = [:]
    ) {
        self.name = name
        self.tags = tags
        self.labels = labels
        self.metadata = metadata
        sortedLabels = Self.sort(labels)
        sortedMetadata = Self.sort(metadata)
    }

    /// Reads the block `match:` of a template; null matches every service. What is wrong goes to `problems`.
    public init(node: SettingsNode, problems: ProblemList) {
        let reader = MappingReader(node, problems: problems)
        self.init(
            name: reader.pattern("name"),
            tags: reader.strings("tags") ?? [],
            labels: Dictionary(reader.patterns("labels") ?? []) { first, _ in first },
            metadata: Dictionary(reader.patterns("metadata") ?? []) { first, _ in first }
        )
        reader.finish()
    }

    /// Whether all conditions hold.
    public func matches(_ service: Service) -> Bool { mismatch(with: service) == nil }

    /// Why a service does not match.
    struct Mismatch {
        /// The share of the conditions that hold, to find the rule that was nearest.
        var nearness: Double
        /// The first condition that does not hold.
        var reason: String
    }

    func mismatch(with service: Service) -> Mismatch? {
        var held = 0
        var reason: String?
        var more = 0
        func check(_ holds: Bool, _ text: @autoclosure () -> String) {
            if holds {
                held += 1
            } else if reason == nil {
                reason = text()
            } else {
                more += 1
            }
        }
        if let name {
            check(name.matches(service.name), "its name does not match \(Self.quote(name.source))")
        }
        for tag in tags {
            check(service.tags.contains(tag), "it has no tag \(Self.quote(tag))")
        }
        for (key, pattern) in sortedLabels {
            let value = service.labels[key]
            check(pattern.matches(value ?? ""), Self.reason("label", key, value, pattern))
        }
        for (key, pattern) in sortedMetadata {
            let value = service.metadata[key]
            check(pattern.matches(value ?? ""), Self.reason("metadata", key, value, pattern))
        }
        guard var reason else { return nil }
        if more > 0 { reason += ", and \(more) more" }
        return Mismatch(nearness: Double(held) / Double(held + more + 1), reason: reason)
    }

    private static func reason(_ what: String, _ key: String, _ value: String?, _ pattern: Pattern) -> String {
        let found = value.map { "is \(quote($0))" } ?? "is missing"
        return "\(what) \(quote(key)) \(found), expected to match \(quote(pattern.source))"
    }

    private static func quote(_ text: String) -> String {
        let beginning = text.prefix(60)
        return beginning.endIndex == text.endIndex ? "\"\(text)\"" : "\"\(beginning)...\""
    }

    private static func sort(_ patterns: [String: Pattern]) -> [(key: String, pattern: Pattern)] {
        patterns.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
