import ExporterKit
import PostgresClient
import Settings
import TestSupport
import Testing
import Transport

@testable import PostgresExporter

@Suite(.serialized, .enabled(if: Requirement.postgres.isMet), .timeLimit(.minutes(5))) struct PostgresOutageTests {
    @Test func aKilledServerIsDownAndARestartedOneIsBack() async throws {
        let cluster = try await PostgresCluster.start()
        let bench = try Bench()
        let exporter = try bench.exporter(
            bench.configuration(cluster),
            queryFile(["one": "SELECT 1 AS x", "two": "SELECT 2 AS x"])
        )
        try await exporter.setUp()
        #expect(try await exporter.collectAll().value("pg_up") == 1)
        cluster.kill()
        for _ in 0..<3 {
            let batch = try await exporter.collectAll()
            #expect(batch.serviceAnswered == false)
            #expect(batch.value("pg_up") == 0)
            #expect(Set(batch.errors.keys) == ["one", "two"])
            #expect(batch.errors["one"]?.contains("refused") == true, "\(batch.errors)")
        }
        try await cluster.start()
        let batch = try await exporter.collectAll()
        #expect(batch.serviceAnswered == true)
        #expect(batch.value("pg_up") == 1)
        #expect(batch.value("two") == 2)
        await exporter.close()
    }

    @Test func aRestartBetweenCollectionsIsNotNoticed() async throws {
        let cluster = try await PostgresCluster.start()
        let bench = try Bench()
        let exporter = try bench.exporter(bench.configuration(cluster), queryFile(["one": "SELECT 1 AS x"]))
        try await exporter.setUp()
        for _ in 0..<2 {
            try await cluster.restart()
            let batch = try await exporter.collectAll()
            #expect(batch.errors == [:])
            #expect(batch.value("one") == 1)
        }
        try await cluster.psql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'muster'"
        )
        #expect(try await exporter.collectAll().errors == [:])
        await exporter.close()
    }

    @Test func aQueryThatEndsTheConnectionCostsItselfAndNextTimeOnlyItself() async throws {
        let cluster = try await PostgresCluster.start()
        let bench = try Bench()
        let exporter = try bench.exporter(
            bench.configuration(cluster),
            queryFile([
                "before": "SELECT 1 AS x", "fatal": "SELECT pg_terminate_backend(pg_backend_pid())::int AS x",
                "after": "SELECT 2 AS x",
            ])
        )
        try await exporter.setUp()
        let first = try await exporter.collectAll()
        #expect(first.value("before") == 1)
        #expect(Set(first.errors.keys) == ["fatal", "after"])
        #expect(first.errors["after"]?.hasPrefix("not run, because of fatal") == true)
        let second = try await exporter.collectAll()
        #expect(Set(second.errors.keys) == ["fatal"])
        #expect(second.errors["fatal"]?.contains("terminating connection") == true, "\(second.errors)")
        #expect(second.value("after") == 2)
        await exporter.close()
    }

    @Test func copyIsRefusedAndCostsOnlyItself() async throws {
        let cluster = try await PostgresCluster.start()
        let bench = try Bench()
        let exporter = try bench.exporter(
            bench.configuration(cluster),
            queryFile(["copy": "COPY (SELECT 1 AS x) TO STDOUT", "good": "SELECT 1 AS x"]),
            timeout: .seconds(5)
        )
        try await exporter.setUp()
        _ = try await exporter.collectAll()
        let batch = try await exporter.collectAll()
        #expect(Set(batch.errors.keys) == ["copy"], "\(batch.errors)")
        #expect(batch.value("good") == 1)
        await exporter.close()
    }

    @Test func aServerThatNeverAnswersCostsOnlyItsOwnDeadline() async throws {
        let cluster = try await PostgresCluster.start()
        let mute = try MuteServer()
        let bench = try Bench()
        let stuck = (0..<20).map { _ in
            bench.exporter(
                PostgresConfiguration(host: "127.0.0.1", port: mute.port, user: "x"),
                [],
                timeout: .seconds(2)
            )
        }
        let fine = try bench.exporter(bench.configuration(cluster), queryFile(["good": "SELECT 1 AS x"]))
        try await fine.setUp()
        try await withThrowingTaskGroup(of: Duration.self) { group in
            for exporter in stuck {
                group.addTask {
                    let start = ContinuousClock.now
                    let error = await #expect(throws: PostgresError.self) { try await exporter.setUp() }
                    #expect(error?.code == .timedOut)
                    await exporter.close()
                    return .now - start
                }
            }
            try await waitUntil("all are waiting") { mute.acceptedCount == 20 }
            // All of them wait, and nobody waits for them.
            let batch = try await fine.collectAll()
            #expect(batch.errors == [:])
            #expect(bench.reactor.waiterCount > 0)
            for try await elapsed in group { #expect(elapsed >= .seconds(1)) }
        }
        #expect(bench.reactor.waiterCount == 0)
        await fine.close()
    }

    @Test func aServerThatStopsAnsweringCostsOneDeadlineAndIsDown() async throws {
        let cluster = try await PostgresCluster.start()
        let bench = try Bench()
        let exporter = try bench.exporter(
            bench.configuration(cluster),
            queryFile(["good": "SELECT 1 AS x"]),
            timeout: .seconds(4)
        )
        try await exporter.setUp()
        #expect(try await exporter.collectAll().value("pg_up") == 1)
        cluster.pause()
        let batch = try await exporter.collectAll()
        #expect(batch.serviceAnswered == false)
        #expect(batch.value("pg_up") == 0)
        #expect(batch.errors["good"]?.contains("timed out") == true, "\(batch.errors)")
        cluster.resume()
        try await waitUntil("it is back") { try await exporter.collectAll().value("pg_up") == 1 }
        await exporter.close()
    }

    @Test func aNameServerThatNeverAnswersCostsOnlyItsOwnDeadline() async throws {
        let cluster = try await PostgresCluster.start()
        let gate = try ThreadGate()
        defer { gate.open() }
        let bench = try Bench { name in
            if name == "hung.test" { gate.pass() }
            return .success(["127.0.0.1"])
        }
        var configuration = bench.configuration(cluster)
        configuration.host = "hung.test"
        let hung = bench.exporter(configuration, [], timeout: .milliseconds(500))
        let error = await #expect(throws: PostgresError.self) { try await hung.setUp() }
        #expect(error?.code == .timedOut)
        configuration.host = "fine.test"
        let fine = bench.exporter(configuration, [])
        try await fine.setUp()
        await hung.close()
        await fine.close()
    }
}
