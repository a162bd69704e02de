/// One endpoint that exists now, as a source reports it.
public struct Service: Sendable, Hashable {
    /// What it is called; several services may share a name (replicas).
    public var name: String
    /// A host name, an IP address, or a path (a Unix socket, a database file).
    public var address: String
    /// The port, from 1 to 65535; nil for things that have none.
    public var port: Int?
    /// Words to match on, sorted, each once.
    public var tags: [String]
    /// What people say about it; rules can match them and templates can put them on every sample.
    public var labels: [String: String]
    /// Wishes about how it is exported: they override those keys of a template that allow it.
    public var options: [String: String]
    /// What the source knows besides; for matching, never a label by itself.
    public var metadata: [String: String]

    /// Creates a service. Tags are sorted and made unique, so that their order never matters.
    public init(
        name: String,
        address: String,
        port: Int? = nil,
        tags: [String] = [],
        labels: [String: String] = [:],
        options: [String: String] = [:],
        metadata: [String: String] = [:]
    ) {
        self.name = name
        self.address = address
        self.port = port
        self.tags = tags.isEmpty ? [] : Array(Set(tags)).sorted()
        self.labels = labels
        self.options = options
        self.metadata = metadata
    }
}
