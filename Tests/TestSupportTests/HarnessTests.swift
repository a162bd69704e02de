import Glibc
import TestSupport
import Testing

@Suite struct HarnessTests {
    @Test func `A temporary folder lets others in and goes with its content`() throws {
        var folder: TemporaryFolder? = try TemporaryFolder()
        let path = try #require(folder?.path)
        try folder?.makeFolder("a/b")
        try folder?.write("text", to: "a/b/file")
        #expect(try TextFile.read(path + "/a/b/file") == "text")
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o755)
        folder = nil
        #expect(access(path, F_OK) != 0)
    }

    @Test func `Free ports are free and differ`() throws {
        var ports: Set<Int> = []
        for _ in 0..<50 { ports.insert(try FreePort.next()) }
        #expect(ports.count == 50)
    }

    @Test func `A port in use is not free`() throws {
        let server = try MuteServer()
        #expect(!FreePort.isFree(server.port))
    }

    @Test func `Waiting for what does not come true names it and its last error`() async throws {
        let error = await #expect(throws: TestSupportError.self) {
            try await waitUntil("the moon is square", within: .milliseconds(60)) { throw TestSupportError("round") }
        }
        #expect(error?.message.contains("the moon is square") == true)
        #expect(error?.message.contains("round") == true)
    }

    @Test func `Waiting ends as soon as the fact holds`() async throws {
        var count = 0
        try await waitUntil("three looks") {
            count += 1
            return count == 3
        }
        #expect(count == 3)
    }

    @Test func `Waiting ends when its task is cancelled`() async throws {
        let task = Task { try await waitUntil("never") { false } }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func `A missing program is named with its package`() throws {
        let requirement = Requirement("Nothing", programs: ["sh", "muster-no-such-program"], package: "nothing")
        #expect(requirement.missing == ["muster-no-such-program"])
        #expect(requirement.isMet == Requirement.isStrict)
        let error = #expect(throws: TestSupportError.self) { try requirement.check() }
        #expect(error?.message == "needs Nothing: no muster-no-such-program (Debian package nothing)")
    }

    @Test func `The seeded generator gives the same numbers everywhere`() {
        var generator = SeededGenerator(seed: 1)
        #expect(generator.next() == 0x910A_2DEC_8902_5CC1)
        #expect(generator.next() == 0xBEEB_8DA1_658E_EC67)
    }

    @Test func `The manual clock wakes who is due, in order, and who is cancelled`() async throws {
        let clock = ManualClock()
        let (woken, continuation) = AsyncStream<Int>.makeStream()
        for seconds in [2, 1] {
            Task {
                try await clock.sleep(for: .seconds(seconds))
                continuation.yield(seconds)
            }
        }
        let late = Task { try await clock.sleep(for: .seconds(9)) }
        try await clock.sleepers(atLeast: 3)
        var iterator = woken.makeAsyncIterator()
        clock.advance(by: .seconds(1))
        #expect(await iterator.next() == 1)
        clock.advance(by: .seconds(1))
        #expect(await iterator.next() == 2)
        late.cancel()
        await #expect(throws: CancellationError.self) { try await late.value }
        #expect(clock.now.offset == .seconds(2))
    }
}
