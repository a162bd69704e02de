import PostgresClient
import QueryFiles
import Transport

/// A connection that is logged in, and what is known of the server behind it.
///
/// `@unchecked Sendable` for the same reason as its connection: one task uses it at a time.
final class ServerSession: @unchecked Sendable {
    /// How statements reach the server.
    enum Mode: Sendable, Equatable {
        case pipeline
        case oneByOne(ServerConnection.SimpleMode)
    }

    let connection: ServerConnection
    let mode: Mode
    /// What queries can ask for in `when:`. The role and the extensions are refreshed at every collection.
    var facts: ServerFacts
    /// What `version()` says; nil for what is no database.
    private(set) var versionText: String?
    private let settings: SessionSettings

    /// Asks what is known of a server. The first is what every collection asks.
    static let statusQuery = """
        SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_database(), \
        ARRAY(SELECT extname FROM pg_catalog.pg_extension)
        """
    private static let versionQuery = "SELECT pg_catalog.version()"

    /// Connects to an address, and finds out what server it is.
    ///
    /// - Throws: `PostgresError`, `TransportError` at the deadline, `CancellationError`.
    static func open(
        _ configuration: PostgresConfiguration,
        address: String?,
        statementTimeout: Duration,
        reactor: Reactor,
        until deadline: ContinuousClock.Instant
    ) async throws -> ServerSession {
        let link = try await PostgresLink.open(
            configuration.parameters,
            address: address,
            reactor: reactor,
            until: deadline
        )
        let connection = ServerConnection(taking: link)
        let session = ServerSession(connection, configuration, statementTimeout: statementTimeout)
        do {
            try await session.findOut(until: deadline)
            return session
        } catch {
            connection.finish()
            throw error
        }
    }

    private init(_ connection: ServerConnection, _ configuration: PostgresConfiguration, statementTimeout: Duration) {
        self.connection = connection
        settings = SessionSettings(statementTimeout: statementTimeout, encoding: Self.encoding(of: connection))
        let reported = connection.serverParameter("server_version") ?? ""
        if reported.hasSuffix("/bouncer") {
            mode = .oneByOne(.plain)
        } else if configuration.usesPipeline {
            mode = .pipeline
        } else {
            mode = .oneByOne(.transactions(settings))
        }
        facts = ServerFacts(
            version: Self.version(number: connection.versionNumber, reported: reported),
            database: configuration.database
        )
    }

    /// 150018 is 15.18; before version 10 three numbers count: 90624 is 9.6.24.
    static func version(number: Int, reported: String) -> ServerVersion {
        if reported.hasSuffix("/bouncer"), let version = ServerVersion(reported) { return version }
        if number >= 100_000 { return ServerVersion(number / 10_000, number % 10_000) }
        return ServerVersion(number / 10_000, number / 100 % 100, number % 100)
    }

    /// A database without an encoding may hold bytes that are not UTF-8. The server would refuse to send those as UTF-8;
    /// sent as they are, they are repaired here.
    private static func encoding(of connection: ServerConnection) -> String {
        connection.serverParameter("server_encoding") == "SQL_ASCII" ? "SQL_ASCII" : "UTF8"
    }

    private func findOut(until deadline: ContinuousClock.Instant) async throws {
        guard mode != .oneByOne(.plain) else { return }
        var failure: PostgresError?
        var statements = [Statement(sql: Self.statusQuery), Statement(sql: Self.versionQuery)]
        if mode == .pipeline { statements.append(Statement(sql: settings.sessionStatement)) }
        try await run(statements, until: deadline) {
            switch ($0, $1.result) {
            case (0, .success(let rows)): self.learn(rows)
            case (1, .success(let rows)):
                if rows.rowCount > 0, case .text(let text) = rows.value(row: 0, column: 0) { self.versionText = text }
            case (_, .failure(let error)): failure = failure ?? error
            default: break
            }
        }
        if let failure { throw failure }
    }

    /// Takes in what ``statusQuery`` gave.
    func learn(_ status: ServerResult) {
        guard status.rowCount > 0, status.columnCount == 3 else { return }
        if case .bool(let isInRecovery) = status.value(row: 0, column: 0) { facts.isPrimary = !isInRecovery }
        if case .text(let database) = status.value(row: 0, column: 1) { facts.database = database }
        if case .array(let names) = status.value(row: 0, column: 2) {
            facts.extensions = Set(
                names.compactMap { name in
                    if case .text(let text) = name { text } else { nil }
                }
            )
        }
    }

    /// Runs statements the way this session does it.
    ///
    /// - Throws: `PostgresError`, `TransportError` at the deadline, `CancellationError`.
    func run(
        _ statements: [Statement],
        until deadline: ContinuousClock.Instant,
        onOutcome: (Int, StatementOutcome) -> Void
    ) async throws {
        switch mode {
        case .pipeline:
            try await connection.runPipeline(statements, until: deadline, onOutcome: onOutcome)
        case .oneByOne(let simple):
            try await connection.runOneByOne(statements, mode: simple, until: deadline, onOutcome: onOutcome)
        }
    }
}
