import Glibc
import TestSupport
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(1))) struct StreamSocketTests {
    private var soon: ContinuousClock.Instant { .now + .seconds(20) }

    /// Bytes in which no piece looks like another one: the numbers of the pieces.
    private static func pattern(count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for number in 0..<(count / 256) {
            bytes.append(contentsOf: Array(repeating: UInt8(truncatingIfNeeded: number), count: 128))
            bytes.append(contentsOf: Array(repeating: UInt8(truncatingIfNeeded: number >> 8), count: 128))
        }
        return bytes
    }

    @Test(arguments: [AF_INET, AF_INET6]) func aTCPStreamCarriesBothWays(family: Int32) async throws {
        let network = try RunningNetwork()
        let listener = try PeerSocket(SOCK_STREAM, family: family)
        let host = family == AF_INET ? "127.0.0.1" : "[::1]"
        let socket = try await network.connect("tcp://\(host):\(listener.port)")
        let peer = try listener.accept()
        #expect(try await socket.send(Array("line\n".utf8), until: soon) == 5)
        #expect(peer.receive() == Array("line\n".utf8))
        peer.send("answer")
        #expect(try await socket.receive(maximum: 3, until: soon) == Array("ans".utf8))
        #expect(try await socket.receive(maximum: 100, until: soon) == Array("wer".utf8))
        peer.endSending()
        #expect(try await socket.receive(maximum: 100, until: soon).isEmpty)
    }

    @Test func unixStreamsAndDatagramsGoToTheirPaths() async throws {
        let network = try RunningNetwork()
        let folder = try TemporaryFolder()
        let stream = try PeerSocket(SOCK_STREAM, path: folder.path("s"))
        let datagrams = try PeerSocket(SOCK_DGRAM, path: folder.path("d"))
        let first = try await network.connect("unix://\(folder.path("s"))")
        try await first.send(Array("hello".utf8), until: soon)
        #expect(try stream.accept().receive() == Array("hello".utf8))
        let second = try await network.connect("unixgram://\(folder.path("d"))")
        for text in ["one", "", "three"] { try await second.send(Array(text.utf8), until: soon) }
        #expect((0..<3).map { _ in String(decoding: datagrams.receive(), as: UTF8.self) } == ["one", "", "three"])
    }

    @Test func datagramsOverUDPStayWhole() async throws {
        let network = try RunningNetwork()
        let peer = try PeerSocket(SOCK_DGRAM)
        let socket = try await network.connect("udp://127.0.0.1:\(peer.port)")
        for text in ["a:1|c", "b:2|c"] { #expect(try await socket.send(Array(text.utf8), until: soon) == 5) }
        #expect(peer.receive() == Array("a:1|c".utf8))
        #expect(peer.receive() == Array("b:2|c".utf8))
        #expect(socket.isOpen())
        let error = await #expect(throws: SocketSendError.self) {
            try await socket.send([UInt8](repeating: 1, count: 70_000), until: soon)
        }
        #expect(error?.taken == 0)
    }

    @Test func aReceiverOfDatagramsThatIsNotThereIsNoticedLater() async throws {
        let network = try RunningNetwork()
        let port = try FreePort.next()
        let socket = try await network.connect("udp://127.0.0.1:\(port)")
        try await socket.send([1], until: soon)
        try await waitUntil("the answer that nobody listens came") { !socket.isOpen() }
    }

    @Test func largeSendsWaitForASlowReader() async throws {
        let network = try RunningNetwork()
        let listener = try PeerSocket(SOCK_STREAM, bufferSize: 4096)
        let socket = try await network.connect("tcp://127.0.0.1:\(listener.port)")
        let peer = try listener.accept()
        let bytes = Self.pattern(count: 8 << 20)
        let received = Task { [count = bytes.count] in await onThread { peer.receive(exactly: count) } }
        #expect(try await socket.send(bytes, until: soon) == bytes.count)
        #expect(await received.value == bytes)
        try await socket.waitUntilAcknowledged(until: soon)
        #expect(try socket.unacknowledgedBytes() == 0)
    }

    @Test func aReaderThatStallsEndsTheSendAtTheDeadlineWithWhatWasTaken() async throws {
        let network = try RunningNetwork()
        let listener = try PeerSocket(SOCK_STREAM, bufferSize: 4096)
        let socket = try await network.connect("tcp://127.0.0.1:\(listener.port)")
        let peer = try listener.accept()
        let bytes = Self.pattern(count: 16 << 20)
        let error = await #expect(throws: SocketSendError.self) {
            try await socket.send(bytes, until: .now + .milliseconds(100))
        }
        let taken = try #require(error?.taken)
        #expect((error?.cause as? TransportError)?.code == .timedOut)
        #expect(taken > 0 && taken < bytes.count)
        #expect(try socket.unacknowledgedBytes() > 0)
        let late = await #expect(throws: TransportError.self) {
            try await socket.waitUntilAcknowledged(until: .now + .milliseconds(20))
        }
        #expect(late?.code == .timedOut)
        // Exactly that much arrives.
        socket.close()
        let received = await onThread { peer.receive(exactly: bytes.count) }
        #expect(received.count == taken && received == Array(bytes.prefix(taken)))
    }

    @Test func cancellingASendTellsWhatWasTaken() async throws {
        let network = try RunningNetwork()
        let listener = try PeerSocket(SOCK_STREAM, bufferSize: 4096)
        let socket = try await network.connect("tcp://127.0.0.1:\(listener.port)")
        let peer = try listener.accept()
        let reactor = network.services.reactor
        let task = Task { try await socket.send([UInt8](repeating: 1, count: 30_000_000), until: soon) }
        try await waitUntil("the kernel takes no more") { reactor.waiterCount == 1 }
        task.cancel()
        let error = await #expect(throws: SocketSendError.self) { try await task.value }
        #expect(error?.isCancellation == true)
        #expect((error?.taken ?? 0) > 0)
        withExtendedLifetime(peer) {}
    }

    @Test func aPeerThatHasClosedIsSeenBeforeWriting() async throws {
        let network = try RunningNetwork()
        let listener = try PeerSocket(SOCK_STREAM)
        for isReset in [false, true] {
            let socket = try await network.connect("tcp://127.0.0.1:\(listener.port)")
            var peer: PeerSocket? = try listener.accept()
            #expect(socket.isOpen())
            // Data that was not read does not hide the end.
            peer?.send("unread")
            if isReset { peer?.resetAtEnd() }
            peer = nil
            try await waitUntil("the end has come") { !socket.isOpen() }
        }
    }

    @Test func writingToAPeerThatIsGoneIsAnErrorAndNoSignal() async throws {
        let network = try RunningNetwork()
        let listener = try PeerSocket(SOCK_STREAM)
        let socket = try await network.connect("tcp://127.0.0.1:\(listener.port)")
        do {
            let peer = try listener.accept()
            peer.resetAtEnd()
        }
        try await waitUntil("the reset has come") { !socket.isOpen() }
        for _ in 0..<2 {
            let error = await #expect(throws: SocketSendError.self) { try await socket.send([1, 2], until: soon) }
            #expect((error?.cause as? TransportError)?.code == .closed)
            #expect(error?.taken == 0)
        }
    }

    @Test func aResetIsNoAcknowledgement() async throws {
        let network = try RunningNetwork()
        let listener = try PeerSocket(SOCK_STREAM, bufferSize: 4096)
        let socket = try await network.connect("tcp://127.0.0.1:\(listener.port)")
        do {
            let peer = try listener.accept()
            _ = try? await socket.send([UInt8](repeating: 1, count: 5_000_000), until: .now + .milliseconds(50))
            #expect(try socket.unacknowledgedBytes() > 0)
            peer.resetAtEnd()
        }
        let error = await #expect(throws: TransportError.self) { try await socket.waitUntilAcknowledged(until: soon) }
        #expect(error?.code == .closed)
    }

    @Test func everyAddressIsTried() async throws {
        let network = try RunningNetwork()
        let listener = try PeerSocket(SOCK_STREAM)
        let full = try FullListener()
        let resolver = HostResolver(pool: BlockingPool()) { name in
            switch name {
            // Nobody listens there; the last one is right.
            case "refused.test": .success(["::1", "127.0.0.2", "127.0.0.1"])
            case "none.test": .success(["::1", "127.0.0.2"])
            default: .failure(TransportError(code: .notFound, message: "\(name) has no address"))
            }
        }
        func connect(_ url: String, until deadline: ContinuousClock.Instant) async throws -> StreamSocket {
            try await StreamSocket.connect(
                SocketEndpoint(url: url),
                resolver: resolver,
                reactor: network.services.reactor,
                until: deadline
            )
        }
        _ = try await connect("tcp://refused.test:\(listener.port)", until: soon)
        for (url, code) in [
            ("tcp://none.test:\(listener.port)", TransportError.Code.refused), ("tcp://other.test:1", .notFound),
            ("tcp://127.0.0.1:\(try FreePort.next())", .refused), ("unix:///nowhere/at/all", .refused),
        ] {
            let error = await #expect(throws: TransportError.self) { try await connect(url, until: soon) }
            #expect(error?.code == code)
        }
        let error = await #expect(throws: TransportError.self) {
            try await connect("tcp://127.0.0.1:\(full.port)", until: .now + .milliseconds(50))
        }
        #expect(error?.code == .timedOut)
    }

    @Test func anAddressThatDoesNotAnswerLeavesTimeForTheNext() async throws {
        let network = try RunningNetwork()
        let full = try FullListener()
        // Both have the same port: the first one's queue is full, on the other address somebody listens.
        let listener = try PeerSocket(SOCK_STREAM, family: AF_INET6, port: full.port)
        let resolver = HostResolver(pool: BlockingPool()) { _ in .success(["127.0.0.1", "::1"]) }
        let socket = try await StreamSocket.connect(
            .tcp(host: "both.test", port: full.port),
            resolver: resolver,
            reactor: network.services.reactor,
            until: .now + .seconds(6)
        )
        #expect(socket.isOpen())
        withExtendedLifetime(listener) {}
    }

    @Test func aFullQueueOfAUnixSocketIsWaitedFor() async throws {
        let network = try RunningNetwork()
        let folder = try TemporaryFolder()
        let listener = try PeerSocket(SOCK_STREAM, path: folder.path("s"))
        let url = "unix://\(folder.path("s"))"
        let first = try await network.connect(url)
        let waiting = Task { try await network.connect(url) }
        let error = await #expect(throws: TransportError.self) {
            try await StreamSocket.connect(
                SocketEndpoint(url: url),
                resolver: network.services.resolver,
                reactor: network.services.reactor,
                until: .now + .milliseconds(50)
            )
        }
        #expect(error?.code == .timedOut)
        let accepted = try listener.accept()
        #expect(try await waiting.value.isOpen())
        #expect(first.isOpen())
        withExtendedLifetime(accepted) {}
    }

    @Test func closingEndsWhoWaitsAndEverythingAfter() async throws {
        let network = try RunningNetwork()
        let listener = try PeerSocket(SOCK_STREAM)
        let reactor = network.services.reactor
        for _ in 0..<50 {
            let socket = try await network.connect("tcp://127.0.0.1:\(listener.port)")
            let task = Task { try await socket.receive(maximum: 10, until: soon) }
            if Bool.random() { try await until { reactor.waiterCount >= 1 } }
            socket.close()
            socket.close()
            let error = await #expect(throws: TransportError.self) { try await task.value }
            #expect(error?.code == .closed)
            #expect(!socket.isOpen())
            let late = await #expect(throws: SocketSendError.self) { try await socket.send([1], until: soon) }
            #expect((late?.cause as? TransportError)?.code == .closed)
            #expect(throws: TransportError.self) { try socket.unacknowledgedBytes() }
            _ = try listener.accept()
        }
        #expect(reactor.waiterCount == 0)
    }

    @Test func socketsThatGoLeaveNoDescriptors() async throws {
        let network = try RunningNetwork()
        let listener = try PeerSocket(SOCK_STREAM)
        for _ in 0..<300 {
            do {
                let socket = try await network.connect("tcp://127.0.0.1:\(listener.port)")
                try await socket.send([1], until: soon)
            }
            // Only a closed socket gives its end.
            let peer = try listener.accept()
            #expect(peer.receive() == [1])
            #expect(peer.receive().isEmpty)
        }
    }

    @Test func receivingHasADeadlineAndCanBeCancelled() async throws {
        let network = try RunningNetwork()
        let listener = try PeerSocket(SOCK_STREAM)
        let socket = try await network.connect("tcp://127.0.0.1:\(listener.port)")
        let error = await #expect(throws: TransportError.self) {
            try await socket.receive(maximum: 1, until: .now + .milliseconds(20))
        }
        #expect(error?.code == .timedOut)
        let task = Task { try await socket.receive(maximum: 1, until: soon) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(socket.isOpen())
    }
}

/// Runs blocking code of a test on a thread of its own.
private func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        do {
            try BlockingPool(maximumThreads: 1).submit { continuation.resume(returning: body()) }
        } catch {
            // A new pool takes its first work.
            continuation.resume(returning: body())
        }
    }
}
