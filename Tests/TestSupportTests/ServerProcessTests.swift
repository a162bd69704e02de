import Glibc
import TestSupport
import Testing

@Suite struct ServerProcessTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func start(_ script: String, ready: @Sendable () async throws -> Bool = { true }) async throws
        -> ServerProcess
    {
        try await ServerProcess.start(
            ["sh", "-c", script],
            log: folder.path("log"),
            within: .seconds(30),
            ready: ready
        )
    }

    @Test func `A server that ends before it is ready is an error with its log`() async throws {
        let error = await #expect(throws: TestSupportError.self) {
            try await start("echo the reason; exit 3") { false }
        }
        #expect(error?.message.contains("exited with 3") == true)
        #expect(error?.message.contains("the reason") == true)
    }

    @Test func `A server that does not get ready in time is killed`() async throws {
        let path = folder.path("pid")
        let error = await #expect(throws: TestSupportError.self) {
            try await ServerProcess.start(
                ["sh", "-c", "echo $$ > \(path); exec sleep 1000"],
                log: folder.path("log"),
                within: .milliseconds(200)
            ) { throw TestSupportError("not so fast") }
        }
        #expect(error?.message.contains("not so fast") == true)
        if let process = try? Self.number(path) { #expect(!ProcessTable.isAlive(process)) }
    }

    @Test func `Stopping gives the server its signal and its time`() async throws {
        let path = folder.path("ready")
        let server = try await start("trap 'exit 7' TERM; touch \(path); while :; do sleep 0.01; done") {
            access(path, F_OK) == 0
        }
        #expect(server.status == nil)
        #expect(try await server.stop() == .exited(7))
    }

    @Test func `A server that ignores its signal is killed after the limit`() async throws {
        let path = folder.path("ready")
        let server = try await start("trap '' TERM; touch \(path); while :; do sleep 0.01; done") {
            access(path, F_OK) == 0
        }
        #expect(try await server.stop(within: .milliseconds(100)) == .signalled(SIGKILL))
    }

    @Test func `Killing takes children in other sessions along`() async throws {
        let path = folder.path("child")
        let server = try await start("setsid sh -c 'echo $$ > \(path); exec sleep 1000' & wait") {
            (try? Self.number(path)) != nil
        }
        let child = try Self.number(path)
        #expect(ProcessTable.descendants(of: server.process).contains(child))
        server.kill()
        #expect(server.status == .signalled(SIGKILL))
        try await waitUntil("the child is dead") { !ProcessTable.isAlive(child) }
    }

    @Test func `A paused server is stopped with its children and goes on when resumed`() async throws {
        let path = folder.path("child")
        let server = try await start("setsid sh -c 'echo $$ > \(path); exec sleep 1000' & wait") {
            (try? Self.number(path)) != nil
        }
        let child = try Self.number(path)
        server.pause()
        for process in [server.process, child] {
            try await waitUntil("\(process) is stopped") { ProcessTable.isStopped(process) }
        }
        server.resume()
        for process in [server.process, child] {
            try await waitUntil("\(process) goes on") { !ProcessTable.isStopped(process) }
        }
        #expect(try await server.stop() == .signalled(SIGTERM))
        try await waitUntil("the child is dead") { !ProcessTable.isAlive(child) }
    }

    @Test func `A server goes when nothing refers to it any more`() async throws {
        var server: ServerProcess? = try await start("exec sleep 1000")
        let process = try #require(server?.process)
        #expect(ProcessTable.isAlive(process))
        server = nil
        #expect(!ProcessTable.isAlive(process))
    }

    @Test func `Servers and folders go when the test process is killed, even while they are paused`() async throws {
        let record = folder.path("record")
        await #expect(processExitsWith: .signal(SIGKILL)) { [record = record as String] in
            let inner = try TemporaryFolder()
            let path = inner.path("child")
            let server = try await ServerProcess.start(
                ["sh", "-c", "setsid sh -c 'echo $$ > \(path); exec sleep 1000' & wait"],
                log: inner.path("log")
            ) {
                (try? ServerProcessTests.number(path)) != nil
            }
            let child = try ServerProcessTests.number(path)
            server.pause()
            try TextFile.write("\(server.process) \(child) \(inner.path)", to: record)
            kill(getpid(), SIGKILL)
        }
        let parts = try TextFile.read(record).split(separator: " ")
        try #require(parts.count == 3)
        for part in parts[..<2] {
            let process = try #require(Int32(part))
            try await waitUntil("\(process) is dead") { !ProcessTable.isAlive(process) }
        }
        try await waitUntil("the folder is gone") { access(String(parts[2]), F_OK) != 0 }
    }

    static func number(_ path: String) throws -> Int32 {
        let text = try TextFile.read(path)
        guard text.last == "\n", let number = Int32(text.dropLast()) else { throw TestSupportError("no number yet") }
        return number
    }
}
