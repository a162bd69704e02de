import Foundation
import PostgresClient
import TestSupport
import Testing
import Transport

@Suite(
    "A connection to PostgreSQL",
    .enabled(if: Requirement.postgres.isMet, "\(Requirement.postgres.explanation)"),
    .timeLimit(.minutes(3))
)
struct PostgresConnectionTests {
    private let network: NetworkServices

    init() throws {
        network = try NetworkServices()
        try network.start()
    }

    @Test("Over TCP with a password and over a Unix socket statements with parameters give rows")
    func statements() async throws {
        let cluster = try await PostgresCluster.start(.init(password: "it's \\ \"x y\""))
        for host in ["127.0.0.1", "localhost", cluster.socketFolder] {
            var parameters = parameters(cluster)
            parameters.host = host
            let connection = try await open(parameters)
            let rows = try await connection.execute(
                "SELECT $1::text, $2::int + 1, $3::text, $4::bytea",
                ["a'b\n\\ü", "41", nil, "\\x00ff"],
                until: soon
            )
            #expect(rows.rows == [["a'b\n\\ü", "42", nil, "\\x00ff"]])
            #expect(rows.count == 1)
            #expect(connection.versionNumber > 90_000)
            connection.finish()
        }
        var wrong = parameters(cluster)
        wrong.password = "no"
        let error = await #expect(throws: PostgresError.self) { try await open(wrong) }
        #expect(error?.code == .cannotConnect)
        #expect(error?.message.contains("password authentication failed") == true)
    }

    @Test("COPY takes every text and every number as it is, also more than one packet")
    func copies() async throws {
        let cluster = try await PostgresCluster.start()
        let connection = try await open(parameters(cluster))
        try await connection.runScript(
            "CREATE TABLE t (n bigint, s text, f double precision); CREATE TABLE other ()",
            until: soon
        )
        var generator = SeededGenerator(seed: 3)
        let alphabet: [Character] = [
            "\t", "\n", "\r", "\\", ".", "N", "'", "\"", "ü", "€", "a", " ", "\u{8}", "\u{b}", "x",
        ]
        var texts: [String?] = [nil, "", "\\N", "\\.", "\\", "\\\n"]
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...20, using: &generator)
            texts.append(String((0..<length).map { _ in alphabet.randomElement(using: &generator) ?? "a" }))
        }
        let special: [Double] = [.nan, .infinity, -.infinity, .leastNonzeroMagnitude, -0.0, 1e308, 0.1]
        var text = CopyText()
        for (index, field) in texts.enumerated() {
            text.field(Int64(index))
            text.field(field)
            text.field(special[index % special.count])
            text.endRow()
        }
        #expect(text.bytes.count > 200_000)
        let count = try await connection.copy("COPY t FROM STDIN", text, until: soon)
        #expect(count == texts.count)
        let rows = try await connection.execute("SELECT s, f FROM t ORDER BY n", until: soon).rows
        #expect(rows.map { $0[0] } == texts)
        for (index, row) in rows.enumerated() {
            let value = try #require(row[1].flatMap(Double.init))
            let wanted = special[index % special.count]
            #expect(value == wanted || value.isNaN && wanted.isNaN)
        }
        connection.finish()
    }

    @Test("An error of the server leaves the connection as it was; what it says is kept with its code")
    func errors() async throws {
        let cluster = try await PostgresCluster.start()
        let connection = try await open(parameters(cluster))
        let error = await #expect(throws: PostgresError.self) {
            try await connection.execute("SELECT 1/0", until: soon)
        }
        #expect(error == PostgresError(code: .queryFailed, message: "ERROR: division by zero (22012)", state: "22012"))
        try await connection.runScript("CREATE TABLE t (n int)", until: soon)
        var text = CopyText()
        for field in ["1", "x", "3"] {
            text.field(field)
            text.endRow()
        }
        let copying = await #expect(throws: PostgresError.self) {
            try await connection.copy("COPY t FROM STDIN", text, until: soon)
        }
        #expect(copying?.state == "22P02")
        let nul = await #expect(throws: PostgresError.self) {
            try await connection.execute("SELECT $1", ["a\0b"], until: soon)
        }
        #expect(nul?.code == .misused)
        #expect(try await connection.execute("SELECT count(*) FROM t", until: soon).value == "0")
        #expect(connection.isUsable)
        #expect(!connection.isInTransaction)
        // A copy that nobody has rows for would never end.
        await #expect(throws: PostgresError.self) {
            try await connection.runScript("COPY t FROM STDIN", until: soon)
        }
        #expect(!connection.isUsable)
    }

    @Test(
        "At the deadline, or when the task is cancelled, the statement ends at the server too",
        arguments: [true, false]
    )
    func cancels(byDeadline: Bool) async throws {
        let cluster = try await PostgresCluster.start()
        let connection = try await open(parameters(cluster))
        let running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)' AND state = 'active'"
        let limit: Duration = byDeadline ? .milliseconds(300) : .seconds(600)
        let task = Task { try await connection.execute("SELECT pg_sleep(600)", until: .now + limit) }
        if byDeadline {
            let error = await #expect(throws: TransportError.self) { try await task.value }
            #expect(error?.code == .timedOut)
        } else {
            try await waitUntil("it runs") { try await cluster.psql(running) == "1" }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        #expect(!connection.isUsable)
        try await waitUntil("it has ended at the server") { try await cluster.psql(running) == "0" }
    }

    @Test("A server that does not answer costs the time until the deadline, one that ends a connection no time")
    func silence() async throws {
        let server = try MuteServer()
        var parameters = PostgresParameters(host: "127.0.0.1", port: server.port, user: "u")
        parameters.sslMode = .disable
        let error = await #expect(throws: TransportError.self) {
            try await open(parameters, until: .now + .milliseconds(200))
        }
        #expect(error?.code == .timedOut)
        let cluster = try await PostgresCluster.start()
        let connection = try await open(self.parameters(cluster))
        let process = try #require(try await connection.execute("SELECT pg_backend_pid()", until: soon).value)
        try await cluster.psql("SELECT pg_terminate_backend(\(process))")
        let lost = await #expect(throws: PostgresError.self) {
            try await connection.execute("SELECT 1", until: soon)
        }
        #expect(lost?.code == .connectionLost)
        #expect(!connection.isUsable)
        await #expect(throws: PostgresError.self) { try await connection.execute("SELECT 1", until: soon) }
    }

    private var soon: ContinuousClock.Instant { .now + .seconds(60) }

    private func parameters(_ cluster: PostgresCluster) -> PostgresParameters {
        PostgresParameters(
            host: "127.0.0.1",
            port: cluster.port,
            user: cluster.user,
            password: cluster.options.password,
            database: "postgres"
        )
    }

    private func open(
        _ parameters: PostgresParameters,
        until deadline: ContinuousClock.Instant? = nil
    ) async throws -> PostgresConnection {
        try await PostgresConnection.open(
            parameters,
            reactor: network.reactor,
            resolver: network.resolver,
            pool: network.pool,
            until: deadline ?? soon
        )
    }
}
