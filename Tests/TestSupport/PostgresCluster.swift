import Glibc
import Synchronization

/// A PostgreSQL cluster of its own on 127.0.0.1 and a Unix socket, thrown away at the end.
///
/// The superuser is `postgres`. Over the Unix socket nobody is asked for a password, so that ``psql(_:database:)``
/// always works.
public final class PostgresCluster: Sendable {
    /// How a cluster is set up.
    public struct Options: Sendable {
        /// The password that is asked for over TCP (SCRAM); nil lets everyone in.
        public var password: String?
        /// Server settings besides the ones that the harness makes.
        public var settings: [String: String]
        /// The whole of `pg_hba.conf`; nil for what `password` implies.
        public var hostBasedAuthentication: String?

        /// Creates options.
        public init(
            password: String? = nil,
            settings: [String: String] = [:],
            hostBasedAuthentication: String? = nil
        ) {
            self.password = password
            self.settings = settings
            self.hostBasedAuthentication = hostBasedAuthentication
        }
    }

    /// The TCP port; it stays over restarts.
    public let port: Int
    /// The folder of the Unix socket.
    public let socketFolder: String
    /// The data folder.
    public let dataFolder: String
    /// How it was set up.
    public let options: Options
    /// The superuser.
    public let user = "postgres"

    private let folder: TemporaryFolder
    private let server = Mutex<ServerProcess?>(nil)

    /// Makes a cluster and starts it.
    ///
    /// - Throws: ``TestSupportError``, also if PostgreSQL is not installed.
    public static func start(_ options: Options = Options()) async throws -> PostgresCluster {
        try Requirement.postgres.check()
        let cluster = try PostgresCluster(options)
        try await cluster.create()
        try await cluster.start()
        if let password = options.password {
            try await cluster.psql("ALTER USER postgres PASSWORD '\(password.replacing("'", with: "''"))'")
        }
        return cluster
    }

    private init(_ options: Options) throws {
        self.options = options
        folder = try TemporaryFolder()
        port = try FreePort.next()
        socketFolder = try folder.makeFolder("socket")
        dataFolder = folder.path("data")
        chmod(socketFolder, 0o777)
    }

    deinit {
        // Before the folder is removed.
        server.withLock { $0 }?.kill()
    }

    /// Starts it again after ``stop()`` or ``kill()``.
    ///
    /// - Throws: ``TestSupportError`` with the end of the log if it does not get ready.
    public func start() async throws {
        var arguments = [
            "postgres", "-D", dataFolder, "-p", "\(port)", "-k", socketFolder, "-F", "-c", "listen_addresses=127.0.0.1",
            "-c", "shared_buffers=16MB",
        ]
        for (name, value) in options.settings.sorted(by: { $0.key < $1.key }) {
            arguments += ["-c", "\(name)=\(value)"]
        }
        let started = try await ServerProcess.start(arguments, user: "postgres", log: folder.path("log")) {
            try await self.psql("SHOW data_directory") == self.dataFolder
        }
        server.withLock { $0 = started }
    }

    /// Stops it: all connections are ended in an orderly way.
    ///
    /// - Throws: `CancellationError` if the task is cancelled.
    public func stop() async throws {
        try await server.withLock { $0 }?.stop(signal: SIGINT)
    }

    /// Stops it and starts it again.
    ///
    /// - Throws: ``TestSupportError`` if it does not get ready.
    public func restart() async throws {
        try await stop()
        try await start()
    }

    /// Kills all of its processes at once.
    public func kill() { server.withLock { $0 }?.kill() }

    /// Stops all of its processes with SIGSTOP: new connections are accepted by the kernel, and nothing answers.
    public func pause() { server.withLock { $0 }?.pause() }

    /// Lets it go on after ``pause()``.
    public func resume() { server.withLock { $0 }?.resume() }

    /// Whether the server process runs.
    public var isRunning: Bool { server.withLock { $0 }.map { $0.status == nil } ?? false }

    /// The last lines of the log.
    public var logTail: String { server.withLock { $0 }?.logTail ?? "" }

    /// Runs SQL as the superuser over the Unix socket.
    ///
    /// - Returns: The rows, columns separated by `|`, without the last newline.
    /// - Throws: ``TestSupportError`` with the server's message if it fails.
    @discardableResult
    public func psql(_ sql: String, database: String = "postgres") async throws -> String {
        var output = try await Command.output(
            [
                "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", socketFolder, "-p", "\(port)",
                "-U", user, "-d", database, "-f", "-",
            ],
            input: sql,
            within: .seconds(60)
        )
        if output.last == "\n" { output.removeLast() }
        return output
    }

    private func create() async throws {
        try await Command.output(["cp", "-a", Template.shared.path(), dataFolder])
        let method = options.password == nil ? "trust" : "scram-sha-256"
        let text =
            options.hostBasedAuthentication ?? """
                local all all trust
                host all all 127.0.0.1/32 \(method)
                host replication all 127.0.0.1/32 \(method)

                """
        // Opened, not replaced, so that it stays the server user's file.
        try await Command.output(["tee", "\(dataFolder)/pg_hba.conf"], user: "postgres", input: text)
    }

    /// The data folder that all clusters of this process are copies of.
    private actor Template {
        static let shared = Template()

        private var making: Task<TemporaryFolder, any Error>?

        func path() async throws -> String {
            let task = making ?? Task { try await Self.make() }
            making = task
            return try await task.value.path("data")
        }

        private static func make() async throws -> TemporaryFolder {
            let folder = try TemporaryFolder()
            if geteuid() == 0 { try await Command.output(["chown", "postgres:", folder.path]) }
            try await Command.output(
                [
                    "initdb", "-D", folder.path("data"), "-A", "trust", "-U", "postgres", "--no-sync", "--locale=C",
                    "-E", "UTF8",
                ],
                user: "postgres"
            )
            return folder
        }
    }
}
