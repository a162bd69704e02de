import TestSupport
import Testing

@Suite struct PostgresClusterTests {
    @Test(.enabled(if: Requirement.postgres.isMet, "\(Requirement.postgres.explanation)"))
    func `A cluster starts, stops, is killed, paused and comes back on its port`() async throws {
        let cluster = try await PostgresCluster.start(.init(settings: ["max_connections": "17"]))
        #expect(try await cluster.psql("SHOW max_connections") == "17")
        try await cluster.psql("CREATE TABLE t (x int); INSERT INTO t VALUES (1), (2)")
        try await cluster.restart()
        #expect(try await cluster.psql("SELECT x, 'y' FROM t ORDER BY x") == "1|y\n2|y")
        cluster.kill()
        #expect(!cluster.isRunning)
        await #expect(throws: TestSupportError.self) { try await cluster.psql("SELECT 1") }
        try await cluster.start()
        #expect(try await cluster.psql("SELECT count(*) FROM t") == "2")
        cluster.pause()
        await #expect(throws: TestSupportError.self) {
            try await Command.output(
                ["psql", "-h", cluster.socketFolder, "-p", "\(cluster.port)", "-U", "postgres", "-c", "SELECT 1"],
                within: .milliseconds(300)
            )
        }
        cluster.resume()
        #expect(try await cluster.psql("SELECT 1") == "1")
        try await cluster.stop()
        #expect(!cluster.isRunning)
    }

    @Test(.enabled(if: Requirement.postgres.isMet, "\(Requirement.postgres.explanation)"))
    func `A password is asked for over TCP only`() async throws {
        let cluster = try await PostgresCluster.start(.init(password: "pass'&word"))
        let arguments = [
            "psql", "-At", "-w", "-h", "127.0.0.1", "-p", "\(cluster.port)", "-U", "postgres", "-c", "SELECT 1",
        ]
        #expect(try await Command.run(arguments, environment: ["PGPASSWORD": "no"]).status == .exited(2))
        #expect(try await Command.output(arguments, environment: ["PGPASSWORD": "pass'&word"]) == "1\n")
    }

    @Test(
        .enabled(
            if: Requirement.areMet(.postgres, .pgBouncer),
            "\(Requirement.postgres.explanation), \(Requirement.pgBouncer.explanation)"
        )
    )
    func `PgBouncer passes queries on to a cluster with a password`() async throws {
        let cluster = try await PostgresCluster.start(.init(password: "secret"))
        let bouncer = try await PgBouncer.start(for: cluster)
        #expect(try await bouncer.psql("SHOW port") == "\(cluster.port)")
        #expect(try await bouncer.psql("SHOW VERSION", database: "pgbouncer").contains("PgBouncer"))
        try await bouncer.stop()
    }
}

@Suite struct PrometheusServerTests {
    @Test(.enabled(if: Requirement.prometheus.isMet, "\(Requirement.prometheus.explanation)"))
    func `Prometheus scrapes what it is told and answers queries`() async throws {
        let port = try FreePort.next()
        let server = try await PrometheusServer.start(scraping: [.init("self", targets: ["127.0.0.1:\(port)"])])
        try await waitUntil("the dead target is seen", within: .seconds(60)) {
            try await server.value("up{job=\"self\"}") == 0
        }
        let series = try await server.query("up")
        #expect(series.map(\.labels) == [["__name__": "up", "instance": "127.0.0.1:\(port)", "job": "self"]])
        #expect(try await server.value("scalar(vector(1) / 0)") == .infinity)
        let error = await #expect(throws: TestSupportError.self) { try await server.query("up{") }
        #expect(error?.message.contains("parse error") == true)
        try await server.stop()
    }

    @Test(.enabled(if: Requirement.promtool.isMet, "\(Requirement.promtool.explanation)"))
    func `Promtool tells a good page from a bad one`() async throws {
        #expect(try await Promtool.checkMetrics("# HELP a_total A.\n# TYPE a_total counter\na_total 1\n") == [])
        #expect(try await Promtool.checkMetrics("# TYPE a_total counter\na_total 1\n").count == 1)
        #expect(try await Promtool.checkMetrics("a_total{ 1\n") != [])
    }
}
