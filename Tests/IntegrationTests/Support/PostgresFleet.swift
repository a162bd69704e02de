import TestSupport

/// Three PostgreSQL servers that the tests share, and configurations that watch them.
actor PostgresFleet {
    static let shared = PostgresFleet()

    /// What the services are called.
    static let names = ["alpha", "beta", "gamma"]

    private var starting: Task<[PostgresCluster], any Error>?

    /// The servers, running.
    func clusters() async throws -> [PostgresCluster] {
        let task =
            starting
            ?? Task {
                var clusters: [PostgresCluster] = []
                for _ in Self.names { clusters.append(try await PostgresCluster.start()) }
                return clusters
            }
        starting = task
        let clusters = try await task.value
        for cluster in clusters where !cluster.isRunning { try await cluster.start() }
        return clusters
    }

    /// A configuration that collects every second.
    ///
    /// - Parameters:
    ///   - queries: The path of the query file.
    ///   - password: The value of the key `password`, if there is one.
    ///   - poll: How often the list is read again, besides when it changes.
    static func configuration(queries: String, password: String? = nil, poll: String = "500ms") -> String {
        """
        name: test
        discovery:
          interval: \(poll)
          timeout: 5s
          sources:
          - name: local
            file: {paths: [services.yaml]}
        exporters:
        - name: pg
          match: {tags: [postgres]}
          interval: 1s
          timeout: 900ms
          postgres:
            user: postgres
            \(password.map { "password: \($0)" } ?? "database: postgres")
            sslmode: disable
            queries: [\(queries)]
        """
    }

    /// The shipped query file.
    static var stockQueries: String { "\(MusterProgram.root)/queries/postgres.yaml" }

    /// A list of services; each is a name, a port and the database.
    static func list(_ services: [(name: String, port: Int)], options: String = "{}") -> String {
        if services.isEmpty { return "services: []\n" }
        return "services:\n"
            + services.map {
                "- {name: \($0.name), address: 127.0.0.1, port: \($0.port), tags: [postgres], options: \(options)}\n"
            }.joined()
    }
}
