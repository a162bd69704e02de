import Exposition
import Synchronization
import TestSupport
import Testing

@testable import ExporterKit

struct BaseExporterTests {
    private final class Connection: Sendable {
        private let state = Mutex((opens: 0, closes: 0))
        var opens: Int { state.withLock { $0.opens } }
        var closes: Int { state.withLock { $0.closes } }
        func open() { state.withLock { $0.opens += 1 } }
        func close() { state.withLock { $0.closes += 1 } }
    }

    private struct Refused: Error {}

    private func exporter(
        _ connection: Connection,
        beforeOpen: @escaping @Sendable () async throws -> Void = {},
        beforeCollectors: @escaping @Sendable () async throws -> Void = {}
    ) -> BaseExporter {
        BaseExporter {
            try await beforeOpen()
            connection.open()
            return connection
        } collectors: { connection in
            try await beforeCollectors()
            return [ClosureCollector("opens") { $0.gauge("opens", "", Double(connection.opens)) }]
        } close: {
            $0.close()
        }
    }

    @Test func connectionIsOpenedGivenToTheCollectorsAndClosedOnce() async throws {
        let connection = Connection()
        let exporter = exporter(connection)
        #expect(exporter.collectors.isEmpty)
        #expect(exporter.collectsExclusively)
        try await exporter.setUp()
        try await exporter.setUp()
        var batch = MetricBatch()
        try await exporter.collectors[0].collect(into: &batch)
        #expect(batch.parts[0].families[0].metrics[0].value == .number(1))
        await exporter.close()
        await exporter.close()
        #expect(connection.opens == 1 && connection.closes == 1)
        #expect(exporter.collectors.isEmpty)
    }

    @Test func failedOpeningClosesNothing() async throws {
        let connection = Connection()
        let exporter = exporter(connection, beforeOpen: { throw Refused() })
        await #expect(throws: Refused.self) { try await exporter.setUp() }
        await exporter.close()
        #expect(connection.opens == 0 && connection.closes == 0)
    }

    @Test func connectionIsClosedWhenTheCollectorsCannotBeMade() async throws {
        let connection = Connection()
        let exporter = exporter(connection, beforeCollectors: { throw Refused() })
        await #expect(throws: Refused.self) { try await exporter.setUp() }
        await exporter.close()
        #expect(connection.opens == 1 && connection.closes == 1)
    }

    @Test(.timeLimit(.minutes(1))) func connectionThatOpensAfterTheCloseIsClosed() async throws {
        let connection = Connection()
        let (gate, began) = (Gate(), Gate())
        let exporter = exporter(connection) {
            began.open()
            await gate.wait()
        }
        let setUp = Task { try await exporter.setUp() }
        await began.wait()
        await exporter.close()
        gate.open()
        await #expect(throws: CancellationError.self) { try await setUp.value }
        #expect(connection.opens == 1 && connection.closes == 1)
        #expect(exporter.collectors.isEmpty)
    }

    @Test func exporterOfCollectorsAloneCallsItsClosures() async throws {
        let connection = Connection()
        let exporter = BaseExporter(
            collectors: [ClosureCollector("a", interval: .seconds(1), timeout: .seconds(2)) { _ in }],
            collectsExclusively: false,
            setUp: { connection.open() },
            close: { connection.close() }
        )
        try await exporter.setUp()
        #expect(exporter.collectors.map(\.name) == ["a"])
        #expect(exporter.collectors.map(\.interval) == [.seconds(1)])
        #expect(exporter.collectors.map(\.timeout) == [.seconds(2)])
        #expect(!exporter.collectsExclusively)
        await exporter.close()
        #expect(connection.opens == 1 && connection.closes == 1)
    }
}
