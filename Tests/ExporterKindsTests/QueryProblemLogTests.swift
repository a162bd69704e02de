import Exposition
import TestSupport
import Testing

@testable import ExporterKinds

@Suite struct QueryProblemLogTests {
    private let capture = LogCapture()

    /// What was logged: the level, the query and its problems.
    private var lines: [String] {
        capture.lines.map { "\($0.level) \($0.metadata["query"] ?? ""): \($0.metadata["problems"] ?? "")" }
    }

    private func problem(_ family: String, count: Int = 1) -> SampleProblem {
        SampleProblem(reason: .wrongValue, family: family, detail: "no number", count: count)
    }

    @Test func aLineIsLoggedWhenTheProblemsChange() {
        let log = QueryProblemLog(capture.logger)
        log.note([], of: "a")
        log.note([problem("x")], of: "a")
        log.note([problem("x", count: 7)], of: "a")
        log.note([problem("x")], of: "b")
        log.note([problem("x"), problem("y", count: 2)], of: "a")
        log.note([], of: "a")
        log.note([problem("x")], of: "a")
        #expect(
            lines == [
                "warning a: wrong_value: x: no number",
                "warning b: wrong_value: x: no number",
                "warning a: wrong_value: x: no number; wrong_value: y: no number (2 values)",
                "warning a: wrong_value: x: no number",
            ]
        )
    }

    @Test func aLineIsShort() {
        let log = QueryProblemLog(capture.logger)
        log.note((0..<100).map { problem("x\($0)") }, of: "a")
        #expect(lines.map { $0.split(separator: ";").count } == [5])
    }
}
