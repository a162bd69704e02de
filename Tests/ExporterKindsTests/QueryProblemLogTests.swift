import Exposition
import Logging
import Synchronization
import Testing

@testable import ExporterKinds

@Suite struct QueryProblemLogTests {
    /// Keeps what is logged.
    private struct Lines: LogHandler {
        final class Store: Sendable {
            let lines = Mutex([String]())
        }

        let store: Store
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let query = event.metadata?["query"].map { "\($0)" } ?? ""
            let problems = event.metadata?["problems"].map { "\($0)" } ?? ""
            store.lines.withLock { $0.append("\(event.level) \(query): \(problems)") }
        }
    }

    private let store = Lines.Store()

    private func problem(_ family: String, count: Int = 1) -> SampleProblem {
        SampleProblem(reason: .wrongValue, family: family, detail: "no number", count: count)
    }

    @Test func aLineIsLoggedWhenTheProblemsChange() {
        let store = store
        let log = QueryProblemLog(Logger(label: "test") { _ in Lines(store: store) })
        log.note([], of: "a")
        log.note([problem("x")], of: "a")
        log.note([problem("x", count: 7)], of: "a")
        log.note([problem("x")], of: "b")
        log.note([problem("x"), problem("y", count: 2)], of: "a")
        log.note([], of: "a")
        log.note([problem("x")], of: "a")
        #expect(
            store.lines.withLock { $0 } == [
                "warning a: wrong_value: x: no number",
                "warning b: wrong_value: x: no number",
                "warning a: wrong_value: x: no number; wrong_value: y: no number (2 values)",
                "warning a: wrong_value: x: no number",
            ]
        )
    }

    @Test func aLineIsShort() {
        let store = store
        let log = QueryProblemLog(Logger(label: "test") { _ in Lines(store: store) })
        log.note((0..<100).map { problem("x\($0)") }, of: "a")
        #expect(store.lines.withLock { $0 }.map { $0.split(separator: ";").count } == [5])
    }
}
