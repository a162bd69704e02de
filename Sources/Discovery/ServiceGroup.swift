/// One name with many addresses that share tags, labels and options, such as the replicas of a database.
public struct ServiceGroup: Sendable, Hashable {
    /// One place where the group's service runs.
    public struct Endpoint: Sendable, Hashable {
        /// A host name, an IP address, or a path.
        public var address: String
        /// Its port; nil takes the group's.
        public var port: Int?

        /// Creates an endpoint.
        public init(address: String, port: Int? = nil) {
            self.address = address
            self.port = port
        }
    }

    /// What every one of them is called.
    public var name: String
    /// Where they run.
    public var endpoints: [Endpoint]
    /// The port of those that name none.
    public var port: Int?
    /// Shared tags.
    public var tags: [String]
    /// Shared labels.
    public var labels: [String: String]
    /// Shared options.
    public var options: [String: String]
    /// Shared metadata.
    public var metadata: [String: String]

    /// Creates a group.
    public init(
        name: String,
        endpoints: [Endpoint],
        port: Int? = nil,
        tags: [String] = [],
        labels: [String: String] = [:],
        options: [String: String] = [:],
        metadata: [String: String] = [:]
    ) {
        self.name = name
        self.endpoints = endpoints
        self.port = port
        self.tags = tags
        self.labels = labels
        self.options = options
        self.metadata = metadata
    }

    /// Creates a group from addresses that share a port.
    public init(
        name: String,
        addresses: [String],
        port: Int? = nil,
        tags: [String] = [],
        labels: [String: String] = [:],
        options: [String: String] = [:],
        metadata: [String: String] = [:]
    ) {
        self.init(
            name: name,
            endpoints: addresses.map { Endpoint(address: $0) },
            port: port,
            tags: tags,
            labels: labels,
            options: options,
            metadata: metadata
        )
    }

    /// One service per address and port, in the group's order, each once, with the labels `service` (the name) and
    /// `host` (the address) unless the group has labels of these names.
    public func services() -> [Service] {
        var seen: Set<Endpoint> = []
        var services: [Service] = []
        for endpoint in endpoints {
            let endpoint = Endpoint(address: endpoint.address, port: endpoint.port ?? port)
            guard seen.insert(endpoint).inserted else { continue }
            services.append(
                Service(
                    name: name,
                    address: endpoint.address,
                    port: endpoint.port,
                    tags: tags,
                    labels: labels.merging(["service": name, "host": endpoint.address]) { own, _ in own },
                    options: options,
                    metadata: metadata
                )
            )
        }
        return services
    }
}
