import Glibc
import TestSupport
import Testing

@testable import Transport

/// What a server may send at most.
@Suite(.timeLimit(.minutes(1))) struct HTTPLimitTests {
    @Test(arguments: [true, false]) func aBodyAtTheLimitPassesAndOneByteMoreDoesNot(isChunked: Bool) async throws {
        let server = try HTTPFixture { request in
            let count = Int(request.query) ?? 0
            return .init(200, body: [UInt8](repeating: 7, count: count), chunkSize: isChunked ? 1000 : nil)
        }
        let network = try RunningNetwork()
        let fits = HTTPRequest(url: "\(server.url)/?50000", maximumBody: 50_000)
        #expect(try await network.http.execute(fits).body.count == 50_000)
        var larger = HTTPRequest(url: "\(server.url)/?50001", maximumBody: 50_000)
        let error = await #expect(throws: HTTPError.self) { try await network.http.execute(larger) }
        #expect(error?.code == .tooLarge)
        #expect(error?.message.contains("50000 bytes") == true)
        larger.keepsTruncatedBody = true
        let cut = try await network.http.execute(larger)
        #expect(cut.isTruncated)
        #expect(cut.body.count == 50_000)
        #expect(cut.status == 200)
    }

    @Test(arguments: [0, -1]) func noBodyAtAllCanBeWanted(maximum: Int) async throws {
        let server = try HTTPFixture { .init(200, text: $0.query) }
        let network = try RunningNetwork()
        #expect(try await network.http.execute(HTTPRequest(url: server.url, maximumBody: maximum)).body.isEmpty)
        let request = HTTPRequest(url: "\(server.url)/?x", maximumBody: maximum, keepsTruncatedBody: true)
        let cut = try await network.http.execute(request)
        #expect(cut.isTruncated && cut.body.isEmpty)
    }

    @Test func aBodyWithoutAnEndIsCut() async throws {
        let piece = Array("HTTP/1.1 200 OK\r\n\r\n".utf8) + [UInt8](repeating: 46, count: 8 << 20)
        let server = try HTTPFixture { _ in .init(200, delivery: .raw(piece)) }
        let network = try RunningNetwork()
        let error = await #expect(throws: HTTPError.self) {
            try await network.http.execute(HTTPRequest(url: server.url, maximumBody: 100_000))
        }
        #expect(error?.code == .tooLarge)
    }

    @Test(.enabled(if: Executable.find("gzip") != nil)) func compressedBodiesAreCountedDecompressed() async throws {
        let folder = try TemporaryFolder()
        // 32 MiB of zeros in 32 kB.
        let script =
            "head -c 33554432 /dev/zero | gzip -9 > \(folder.path)/bomb; printf 'some text' | gzip > \(folder.path)/text"
        try await Command.output(["sh", "-c", script])
        let bomb = try bytes(ofFile: folder.path("bomb"))
        let text = try bytes(ofFile: folder.path("text"))
        #expect(bomb.count < 50_000)
        let server = try HTTPFixture { request in
            .init(200, headers: [("Content-Encoding", "gzip")], body: request.path == "/bomb" ? bomb : text)
        }
        let network = try RunningNetwork()
        #expect(try await network.http.execute(HTTPRequest(url: "\(server.url)/text")).text == "some text")
        var request = HTTPRequest(url: "\(server.url)/bomb", maximumBody: 1 << 20)
        let error = await #expect(throws: HTTPError.self) { try await network.http.execute(request) }
        #expect(error?.code == .tooLarge)
        request.keepsTruncatedBody = true
        let cut = try await network.http.execute(request)
        #expect(cut.isTruncated && cut.body == [UInt8](repeating: 0, count: 1 << 20))
        // Who did not ask for it gets it as it is.
        let plain = HTTPRequest(url: "\(server.url)/text", acceptsCompression: false)
        #expect(try await network.http.execute(plain).body == text)
    }

    @Test func headersAreBoundedInBytesAndNumber() async throws {
        let server = try HTTPFixture { request in
            let count = Int(request.query) ?? 0
            if request.path == "/long" { return .init(200, headers: [("X", String(repeating: "v", count: count))]) }
            let headers = (0..<count).map { (name: "X-\($0)", value: String(repeating: "v", count: 90)) }
            return .init(200, headers: headers)
        }
        let network = try RunningNetwork()
        let client = HTTPClient(
            reactor: network.services.reactor,
            configuration: .init(maximumHeaderBytes: 8000, maximumHeaderCount: 50)
        )
        #expect(try await client.execute(HTTPRequest(url: "\(server.url)/?40")).headers.count == 41)
        for path in ["?60", "?100", "long?9000", "long?60000", "long?200000"] {
            let error = await #expect(throws: HTTPError.self) {
                try await client.execute(HTTPRequest(url: "\(server.url)/\(path)"))
            }
            #expect(error?.code == .tooLarge, "\(path): \(String(describing: error))")
        }
        #expect(try await client.execute(HTTPRequest(url: "\(server.url)/long?7000")).headers.first("x")?.count == 7000)
    }

    @Test func interimAnswersDoNotAddUpForEver() async throws {
        let interim = Array(repeating: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", count: 5000).joined()
        let server = try HTTPFixture { _ in
            .init(200, delivery: .raw(Array("\(interim)HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)))
        }
        let network = try RunningNetwork()
        let error = await #expect(throws: HTTPError.self) {
            try await network.http.execute(HTTPRequest(url: server.url))
        }
        #expect(error?.code == .tooLarge)
    }

    private func bytes(ofFile path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        let count = read(descriptor, &buffer, buffer.count)
        return Array(buffer.prefix(max(0, count)))
    }
}
