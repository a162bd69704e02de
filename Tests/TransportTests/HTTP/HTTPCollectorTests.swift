import Testing

@testable import Transport

@Suite struct HTTPCollectorTests {
    private func collector(maximumBody: Int = 100, maximumHeaderCount: Int = 10) -> HTTPCollector {
        HTTPCollector(
            maximumBody: maximumBody,
            keepsTruncatedBody: false,
            maximumHeaderBytes: 1000,
            maximumHeaderCount: maximumHeaderCount
        )
    }

    @discardableResult
    private func feed(_ collector: inout HTTPCollector, _ lines: String...) -> Bool {
        lines.allSatisfy { line in Array("\(line)\r\n".utf8).withUnsafeBytes { collector.takeHeader($0) } }
    }

    @Test func onlyTheLastAnswersHeadersCount() {
        var collector = collector()
        feed(&collector, "HTTP/1.1 100 Continue", "X: interim", "")
        feed(&collector, "HTTP/1.1 401 Unauthorized", "X: first", "Y: 1", "")
        feed(&collector, "HTTP/2 200 ", "X: second", "")
        let answer = collector.finish(status: 200)
        #expect(answer.headers.map(\.name) == ["X"])
        #expect(answer.headers.first("x") == "second")
    }

    @Test func foldedAndOddLinesDoNoHarm() {
        var collector = collector()
        feed(
            &collector,
            "HTTP/1.1 200 OK",
            " folded without a start",
            "A: one",
            "\t two",
            "no colon",
            ": empty name",
            "B:",
            "  x",
            ""
        )
        let headers = collector.finish(status: 200).headers
        #expect(headers.first("a") == "one two")
        #expect(headers.first("b") == "x")
        #expect(headers.count == 3)
    }

    @Test func trailersAreNoHeaders() {
        var collector = collector()
        feed(&collector, "HTTP/1.1 200 OK", "A: 1", "")
        #expect([UInt8](repeating: 1, count: 10).withUnsafeBytes { collector.takeBody($0) })
        feed(&collector, "A: 2", "HTTP/1.1 500 X", "B: 3", "")
        let answer = collector.finish(status: 200)
        #expect(answer.headers.map(\.value) == ["1"])
        #expect(answer.body.count == 10)
    }

    @Test func aLengthThatLiesReservesNothing() {
        for length in ["9223372036854775807", "-1", "99999999999999999999", "x"] {
            var collector = collector(maximumBody: .max)
            #expect(feed(&collector, "HTTP/1.1 200 OK", "Content-Length: \(length)", ""))
            #expect(collector.failure == nil)
        }
    }
}
