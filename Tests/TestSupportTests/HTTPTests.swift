import TestSupport
import Testing

@Suite struct HTTPTests {
    /// Answers every connection with the same bytes.
    private func serve(_ bytes: String) async throws -> (url: String, server: ServerProcess, folder: TemporaryFolder) {
        let folder = try TemporaryFolder()
        let port = try FreePort.next()
        let answer = try folder.write(bytes, to: "answer")
        let program = """
            import socket
            listener = socket.create_server(("127.0.0.1", \(port)))
            print("listening", flush=True)
            while True:
                connection, _ = listener.accept()
                data = b""
                while b"\\r\\n\\r\\n" not in data:
                    more = connection.recv(65536)
                    if not more: break
                    data += more
                print(data.decode(), flush=True)
                connection.sendall(open("\(answer)", "rb").read())
                connection.close()
            """
        let log = folder.path("log")
        let server = try await ServerProcess.start(["python3", "-c", program], log: log) {
            try TextFile.read(log).contains("listening")
        }
        return ("http://127.0.0.1:\(port)", server, folder)
    }

    @Test func `A response with a length comes whole`() async throws {
        let (url, server, folder) = try await serve(
            "HTTP/1.1 404 Not Found\r\nX-Word: a b\r\ncontent-length: 3\r\n\r\nabcd"
        )
        let response = try await HTTP.get("\(url)/path?x=1", headers: ["Accept": "text/plain"])
        #expect(response.status == 404)
        #expect(response.text == "abc")
        #expect(response.header("x-word") == "a b")
        #expect(server.logTail.contains("GET /path?x=1 HTTP/1.1"))
        #expect(server.logTail.contains("Accept: text/plain"))
        withExtendedLifetime(folder) {}
    }

    @Test func `Chunks are joined`() async throws {
        let (url, server, folder) = try await serve(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n"
        )
        #expect(try await HTTP.get(url).text == "hello world")
        withExtendedLifetime((server, folder)) {}
    }

    @Test func `A body without a length ends with the connection`() async throws {
        let (url, server, folder) = try await serve("HTTP/1.0 200 OK\r\n\r\nall")
        #expect(try await HTTP.get(url).text == "all")
        withExtendedLifetime((server, folder)) {}
    }

    @Test(arguments: [
        "", "HTTP/1.1 200", "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
    ])
    func `Half an answer is an error`(answer: String) async throws {
        let (url, server, folder) = try await serve(answer)
        await #expect(throws: TestSupportError.self) { try await HTTP.get(url) }
        withExtendedLifetime((server, folder)) {}
    }

    @Test func `A server that never answers ends in an error at the deadline`() async throws {
        let server = try MuteServer()
        let error = await #expect(throws: TestSupportError.self) {
            try await HTTP.get("http://127.0.0.1:\(server.port)/", within: .milliseconds(100))
        }
        #expect(error?.message.contains("no answer in time") == true)
        #expect(server.acceptedCount == 1)
        server.stop()
        await #expect(throws: TestSupportError.self) { try await HTTP.get("http://127.0.0.1:\(server.port)/") }
    }

    @Test func `Dropped connections are seen by the client`() async throws {
        let server = try MuteServer()
        let response = Task { try await HTTP.get("http://127.0.0.1:\(server.port)/") }
        try await waitUntil("it has connected") { server.acceptedCount == 1 }
        server.dropConnections()
        await #expect(throws: TestSupportError.self) { try await response.value }
    }
}
