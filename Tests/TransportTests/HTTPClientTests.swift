import TestSupport
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(1))) struct HTTPClientTests {
    @Test func anAnswerHasItsStatusHeadersAndBody() async throws {
        let server = try HTTPFixture { _ in
            .init(418, headers: [("X-Kind", "tea"), ("x-kind", " pot "), ("Empty", "")], text: "short\nand stout")
        }
        let network = try RunningNetwork()
        let answer = try await network.http.execute(HTTPRequest(url: "\(server.url)/a/b?c=d#fragment"))
        #expect(answer.status == 418)
        #expect(!answer.isSuccess)
        #expect(answer.text == "short\nand stout")
        #expect(!answer.isTruncated)
        #expect(answer.headers.first("X-KIND") == "tea")
        #expect(answer.headers.all("x-kind") == ["tea", "pot"])
        #expect(answer.headers.first("Empty")?.isEmpty == true)
        #expect(answer.headers.first("Missing") == nil)
        let request = try #require(server.requests.first)
        #expect(request.method == "GET")
        #expect(request.target == "/a/b?c=d")
        #expect(request.header("host") == "127.0.0.1:\(server.port)")
        #expect(request.header("user-agent")?.hasPrefix("muster/") == true)
        #expect(request.header("accept-encoding") == "gzip, zstd")
        #expect(network.http.runningCount == 0)
    }
}
