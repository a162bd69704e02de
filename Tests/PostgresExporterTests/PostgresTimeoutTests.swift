import ExporterKit
import QueryFiles
import TestSupport
import Testing
import Transport

@testable import PostgresExporter

@Suite(.serialized, .enabled(if: Requirement.postgres.isMet), .timeLimit(.minutes(5))) struct PostgresTimeoutTests {
    /// How many statements that sleep are at work.
    private func sleepers(_ cluster: PostgresCluster) async throws -> Int {
        let count = try await cluster.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()"
        )
        return Int(count) ?? -1
    }

    @Test func aSlowQueryIsEndedByTheServerAndOthersGoOn() async throws {
        let cluster = try await PostgresCluster.start()
        let bench = try Bench()
        let exporter = try bench.exporter(
            bench.configuration(cluster),
            """
            queries:
            - name: slow
              query: SELECT 1 AS x FROM pg_sleep(60)
              timeout: 200ms
              metrics: [{name: slow, kind: gauge, value: x}]
            - name: quick
              query: SELECT 2 AS x
              metrics: [{name: quick, kind: gauge, value: x}]
            """
        )
        try await exporter.setUp()
        for _ in 0..<2 {
            let batch = try await exporter.collectAll()
            #expect(Set(batch.errors.keys) == ["slow"])
            #expect(batch.errors["slow"]?.contains("statement timeout") == true)
            #expect(batch.value("quick") == 2)
            #expect(try #require(batch.part(named: "slow")?.duration) >= .milliseconds(150))
        }
        #expect(try await sleepers(cluster) == 0)
        await exporter.close()
    }

    @Test func theSettingBoundsQueriesWithoutATimeoutOfTheirOwn() async throws {
        let cluster = try await PostgresCluster.start()
        let bench = try Bench()
        for pipeline in [true, false] {
            var configuration = bench.configuration(cluster)
            configuration.usesPipeline = pipeline
            configuration.statementTimeout = .milliseconds(200)
            let exporter = try bench.exporter(
                configuration,
                queryFile(["slow": "SELECT 1 AS x FROM pg_sleep(60)", "quick": "SELECT 2 AS x"])
            )
            try await exporter.setUp()
            let batch = try await exporter.collectAll()
            #expect(Set(batch.errors.keys) == ["slow"])
            #expect(batch.value("quick") == 2)
            await exporter.close()
        }
    }

    @Test func theOrderProtectsQuickQueriesFromSlowOnes() async throws {
        let cluster = try await PostgresCluster.start()
        let bench = try Bench()
        let exporter = try bench.exporter(
            bench.configuration(cluster),
            queryFile([
                "slow1": "SELECT 1 AS x FROM pg_sleep(60)", "slow2": "SELECT 1 AS x FROM pg_sleep(61)",
                "quick": "SELECT 2 AS x",
            ]),
            timeout: .seconds(4)
        )
        try await exporter.setUp()
        // The first time nobody knows: the two slow ones may use up the time.
        _ = try await exporter.collectAll()
        let batch = try await exporter.collectAll()
        #expect(batch.value("quick") == 2)
        #expect(Set(batch.errors.keys) == ["slow1", "slow2"])
        #expect(batch.serviceAnswered == true)
        #expect(try await sleepers(cluster) == 0)
        await exporter.close()
    }

    @Test(arguments: [true, false])
    func whatADeadlineLeavesBehindIsCancelledAtTheServer(pipeline: Bool) async throws {
        let cluster = try await PostgresCluster.start()
        let bench = try Bench()
        var configuration = bench.configuration(cluster)
        configuration.usesPipeline = pipeline
        let session = try await bench.session(configuration)
        let process = try await processNumber(session)
        let sleeping = Statement(sql: "SELECT pg_sleep(60)")
        let error = await #expect(throws: TransportError.self) {
            try await session.run([sleeping, sleeping, sleeping], until: .now.advanced(by: .milliseconds(200))) {
                _,
                _ in
            }
        }
        #expect(error?.code == .timedOut)
        #expect(try await sleepers(cluster) == 1)
        let isClean = await session.connection.abandon(pool: bench.pool, until: .now.advanced(by: .seconds(10)))
        #expect(isClean)
        #expect(try await sleepers(cluster) == 0)
        // The same connection goes on, and nothing of before comes over it.
        #expect(try await processNumber(session) == process)
        session.connection.finish()
    }

    @Test(arguments: [true, false])
    func cancellingACollectionCancelsAtTheServer(pipeline: Bool) async throws {
        let cluster = try await PostgresCluster.start()
        let bench = try Bench()
        var configuration = bench.configuration(cluster)
        configuration.usesPipeline = pipeline
        let exporter = try bench.exporter(
            configuration,
            queryFile(["slow": "SELECT 1 AS x FROM pg_sleep(15)", "process": "SELECT pg_backend_pid() AS x"]),
            timeout: .seconds(60)
        )
        try await exporter.setUp()
        for _ in 0..<3 {
            let task = Task { try await exporter.collectAll() }
            try await waitUntil("it sleeps") { try await sleepers(cluster) == 1 }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try await sleepers(cluster) == 0)
        }
        #expect(bench.reactor.waiterCount == 0)
        await exporter.close()
    }

    @Test(.timeLimit(.minutes(1))) func aServerThatDoesNotCancelLosesTheConnection() async throws {
        let cluster = try await PostgresCluster.start()
        let bench = try Bench()
        let session = try await bench.session(bench.configuration(cluster))
        await #expect(throws: TransportError.self) {
            try await session.run([Statement(sql: "SELECT pg_sleep(60)")], until: .now.advanced(by: .milliseconds(100)))
            { _, _ in }
        }
        cluster.pause()
        #expect(await !session.connection.abandon(pool: bench.pool, until: .now.advanced(by: .milliseconds(300))))
        session.connection.finish()
        cluster.resume()
    }

    @Test func resultsThatAreTooLargeCostThemselves() async throws {
        let cluster = try await PostgresCluster.start()
        let bench = try Bench()
        let exporter = try bench.exporter(
            bench.configuration(cluster),
            queryFile([
                "cells": "SELECT generate_series(1, 100001) AS x",
                "most": "SELECT max(n) AS x FROM generate_series(1, 100000) AS n",
                "bytes": "SELECT 1 AS x, repeat('x', 1000000) FROM generate_series(1, 1000)", "good": "SELECT 2 AS x",
            ])
        )
        try await exporter.setUp()
        let first = try await exporter.collectAll()
        #expect(first.errors["cells"]?.contains("limit is 100000") == true, "\(first.errors)")
        #expect(first.errors["bytes"]?.contains("larger than") == true, "\(first.errors)")
        let second = try await exporter.collectAll()
        #expect(Set(second.errors.keys) == ["cells", "bytes"])
        #expect(second.value("good") == 2)
        #expect(second.value("most") == 100_000)
        await exporter.close()
    }

    private func processNumber(_ session: ServerSession) async throws -> Int64 {
        var number: Int64 = -1
        try await session.run([Statement(sql: "SELECT pg_backend_pid()")], until: .now.advanced(by: .seconds(20))) {
            _,
            outcome in
            guard case .success(let rows) = outcome.result else { return }
            if case .integer(let value) = rows.value(row: 0, column: 0) { number = value }
        }
        return number
    }
}
