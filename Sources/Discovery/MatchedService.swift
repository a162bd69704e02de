public import Settings

/// A service together with the exporter template that matched it, rendered: what the dispatcher dispatches.
///
/// A reference, so that a poll in which nothing changed hands over the same objects and costs next to nothing.
public final class MatchedService: Sendable {
    /// The service.
    public let service: Service
    /// What makes it the same service.
    public let key: ServiceKey
    /// What decides whether its exporter can stay.
    public let hash: ServiceHash
    /// The labels that every one of its samples carries: rendered, names and values. They do not enter the hash.
    public let labels: [String: String]
    /// The template's settings rendered for this service, secrets resolved; nil without templates.
    public let settings: SettingsNode?
    /// The name of the source that reported it.
    public let source: String

    /// Creates an entry.
    public init(
        service: Service,
        key: ServiceKey,
        hash: ServiceHash,
        labels: [String: String],
        settings: SettingsNode? = nil,
        source: String = ""
    ) {
        self.service = service
        self.key = key
        self.hash = hash
        self.labels = labels
        self.settings = settings
        self.source = source
    }

    /// Whether nothing differs that the exporter or its samples show: the same key, hash, service and labels.
    public func isSame(as other: MatchedService) -> Bool {
        self === other || hasSameContent(as: other)
    }
}
