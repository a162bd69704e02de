import Glibc

/// A PgBouncer in front of a ``PostgresCluster``. Clients need no password; `postgres` is its administrator.
public final class PgBouncer: Sendable {
    /// The TCP port on 127.0.0.1.
    public let port: Int

    private let folder: TemporaryFolder
    private let server: ServerProcess

    /// Starts one.
    ///
    /// - Parameters:
    ///   - cluster: What it connects to. All databases are passed on under their names.
    ///   - poolMode: `session`, `transaction` or `statement`.
    ///   - settings: More settings of the `[pgbouncer]` section.
    /// - Throws: ``TestSupportError``, also if PgBouncer is not installed.
    public static func start(
        for cluster: PostgresCluster,
        poolMode: String = "transaction",
        settings: [String: String] = [:]
    ) async throws -> PgBouncer {
        try Requirement.pgBouncer.check()
        let folder = try TemporaryFolder()
        let port = try FreePort.next()
        let socketFolder = try folder.makeFolder("socket")
        chmod(socketFolder, 0o777)
        try folder.write("\"postgres\" \"\(cluster.options.password ?? "")\"\n\"stats\" \"\"\n", to: "users")
        var all = [
            "listen_addr": "127.0.0.1", "listen_port": "\(port)", "unix_socket_dir": socketFolder,
            "auth_type": "trust", "auth_file": folder.path("users"), "admin_users": "postgres",
            "stats_users": "stats", "pool_mode": poolMode, "ignore_startup_parameters": "extra_float_digits",
        ]
        all.merge(settings) { $1 }
        let lines = all.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)\n" }.joined()
        let configuration = try folder.write(
            "[databases]\n* = host=127.0.0.1 port=\(cluster.port)\n[pgbouncer]\n\(lines)",
            to: "pgbouncer.ini"
        )
        let server = try await ServerProcess.start(
            ["pgbouncer", configuration],
            user: "postgres",
            log: folder.path("log")
        ) {
            try await psql("SHOW CONFIG", port: port, database: "pgbouncer").contains(folder.path("users"))
        }
        return PgBouncer(port: port, folder: folder, server: server)
    }

    private init(port: Int, folder: TemporaryFolder, server: ServerProcess) {
        self.port = port
        self.folder = folder
        self.server = server
    }

    deinit { server.kill() }

    /// Runs SQL through it; the database `pgbouncer` is its console.
    ///
    /// - Returns: The rows, columns separated by `|`, without the last newline.
    /// - Throws: ``TestSupportError`` with the server's message if it fails.
    @discardableResult
    public func psql(_ sql: String, database: String = "postgres") async throws -> String {
        try await Self.psql(sql, port: port, database: database)
    }

    /// Stops it in an orderly way.
    ///
    /// - Throws: `CancellationError` if the task is cancelled.
    public func stop() async throws { try await server.stop(signal: SIGINT) }

    /// Kills it.
    public func kill() { server.kill() }

    /// Stops it with SIGSTOP.
    public func pause() { server.pause() }

    /// Lets it go on after ``pause()``.
    public func resume() { server.resume() }

    private static func psql(_ sql: String, port: Int, database: String) async throws -> String {
        var output = try await Command.output(
            [
                "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", "\(port)",
                "-U", "postgres", "-d", database, "-c", sql,
            ]
        )
        if output.last == "\n" { output.removeLast() }
        return output
    }
}
