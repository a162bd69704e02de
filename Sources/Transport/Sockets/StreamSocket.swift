import Glibc
import Synchronization

/// A connected socket, TCP, UDP or Unix, that holds no thread while it waits.
///
/// One task at a time may send or receive: a second one that has to wait gets an error with the code
/// ``TransportError/Code/alreadyWaiting``.
public final class StreamSocket: Sendable {
    private struct State {
        var isClosed = false
        /// How many calls use the descriptor. The last one closes it.
        var users = 0
    }

    /// What it is connected to.
    public let endpoint: SocketEndpoint

    private let descriptor: Int32
    private let isStream: Bool
    private let reactor: Reactor
    private let state = Mutex(State())

    /// How long the waits are for what the kernel does not announce.
    private static let shortestPoll = Duration.milliseconds(1)
    private static let longestPoll = Duration.milliseconds(50)

    /// `POLLRDHUP`, which Swift's Glibc leaves out.
    private static let peerHasEnded: Int16 = 0x2000

    private init(endpoint: SocketEndpoint, descriptor: Int32, reactor: Reactor) {
        self.endpoint = endpoint
        self.descriptor = descriptor
        self.reactor = reactor
        switch endpoint {
        case .tcp, .unix: isStream = true
        case .udp, .unixgram: isStream = false
        }
    }

    deinit { close() }

    /// Connects: every address that the host has is tried, in the order of the system.
    ///
    /// - Parameters:
    ///   - endpoint: What to connect to. UDP is connected when there is a way to the address; nobody has to listen.
    ///   - resolver: Looks the name up.
    ///   - reactor: Waits for the socket; it has to run.
    ///   - deadline: When to give up.
    /// - Throws: ``TransportError``, of several addresses that of the last one; `CancellationError`.
    public static func connect(
        _ endpoint: SocketEndpoint,
        resolver: HostResolver,
        reactor: Reactor,
        until deadline: ContinuousClock.Instant
    ) async throws -> StreamSocket {
        let connector = SocketConnector(resolver: resolver, reactor: reactor, deadline: deadline)
        let descriptor = try await connector.connect(to: endpoint)
        return StreamSocket(endpoint: endpoint, descriptor: descriptor, reactor: reactor)
    }

    /// Sends bytes: all of them, or as one datagram.
    ///
    /// The end of this call means that the kernel has taken them, not that the peer has; see
    /// ``waitUntilAcknowledged(until:)``. UDP tells with a later call that nobody listens.
    ///
    /// - Returns: How many bytes that were: all.
    /// - Throws: ``SocketSendError``, which says how many bytes the kernel had taken and why it was not more.
    @discardableResult
    public func send(_ bytes: [UInt8], until deadline: ContinuousClock.Instant) async throws -> Int {
        var taken = 0
        do {
            try enter()
            defer { leave() }
            repeat {
                try Task.checkCancellation()
                switch sendSome(of: bytes, from: taken) {
                case .success(let count?): taken += count
                case .success(nil): try await wait(for: .writable, until: deadline)
                case .failure(let error): throw error
                }
                if taken < bytes.count, .now >= deadline { throw timedOut }
            } while taken < bytes.count
            return taken
        } catch {
            throw SocketSendError(taken: taken, cause: error)
        }
    }

    /// Receives what has come, or waits for it.
    ///
    /// - Parameters:
    ///   - maximum: How many bytes at most. The rest of a longer datagram is lost.
    ///   - deadline: When to give up.
    /// - Returns: The bytes; none at the end of a stream, or for an empty datagram.
    /// - Throws: ``TransportError``; `CancellationError`.
    public func receive(maximum: Int, until deadline: ContinuousClock.Instant) async throws -> [UInt8] {
        try enter()
        defer { leave() }
        let capacity = max(1, maximum)
        while true {
            try Task.checkCancellation()
            var code: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
                let received = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                code = received < 0 ? errno : 0
                count = max(0, received)
            }
            if isClosed { throw closedHere }
            switch code {
            case 0: return bytes
            case EINTR: continue
            case EAGAIN: try await wait(for: .readable, until: deadline)
            default: throw failure(code, "receive from")
            }
        }
    }

    /// Whether the connection is open as far as this host knows: neither side has closed it and no error came.
    ///
    /// A peer that has ended its side of a stream counts as gone, although it might still read. Asked before each
    /// message this finds a server that was restarted; one that goes afterwards is not seen.
    public func isOpen() -> Bool {
        guard (try? enter()) != nil else { return false }
        defer { leave() }
        return events() == 0
    }

    /// How many bytes the peer's host has not confirmed (TCP), or that have not left (UDP); for Unix sockets what the
    /// peer has not read, with the kernel's overhead.
    ///
    /// Confirmed means that the other host's kernel has them, not that its program has read them.
    ///
    /// - Throws: ``TransportError`` when the socket is closed.
    public func unacknowledgedBytes() throws(TransportError) -> Int {
        try enter()
        defer { leave() }
        var count: Int32 = 0
        guard ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 else { throw failure(errno, "look at the queue of") }
        return Int(count)
    }

    /// Waits until the peer's host has confirmed everything that was sent; see ``unacknowledgedBytes()``.
    ///
    /// - Throws: ``TransportError`` at the deadline, or when the connection is broken; `CancellationError`.
    public func waitUntilAcknowledged(until deadline: ContinuousClock.Instant) async throws {
        var pause = Self.shortestPoll
        while true {
            // The queue first: what is confirmed before an end was confirmed.
            let rest = try unacknowledgedBytes()
            try checkForFailure()
            if rest == 0 { return }
            guard .now < deadline else { throw timedOut }
            try await Task.sleep(for: min(pause, ContinuousClock.now.duration(to: deadline)))
            pause = min(pause * 2, Self.longestPoll)
        }
    }

    /// Closes the socket; who waits for it gets an error. What the kernel has taken is still sent. Closing twice does
    /// nothing.
    public func close() {
        let (isFirst, isUnused) = state.withLock { state in
            defer { state.isClosed = true }
            return (!state.isClosed, state.users == 0)
        }
        guard isFirst else { return }
        if isUnused {
            closeDescriptor()
        } else {
            // Whoever waits now, or is about to, finds the socket ready and then closed; the number stays ours until then.
            shutdown(descriptor, Int32(SHUT_RDWR))
            reactor.forget(descriptor)
        }
    }

    private var isClosed: Bool { state.withLock { $0.isClosed } }

    private func enter() throws(TransportError) {
        let isOpen = state.withLock { state in
            if !state.isClosed { state.users += 1 }
            return !state.isClosed
        }
        if !isOpen { throw closedHere }
    }

    private func leave() {
        let isLast = state.withLock { state in
            state.users -= 1
            return state.isClosed && state.users == 0
        }
        if isLast { closeDescriptor() }
    }

    private func closeDescriptor() {
        reactor.forget(descriptor)
        _ = Glibc.close(descriptor)
    }

    /// - Returns: How many bytes the kernel took; nil when it takes none now.
    private func sendSome(of bytes: [UInt8], from start: Int) -> Result<Int?, TransportError> {
        bytes.withUnsafeBytes { buffer in
            while true {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[start...])
                let count = Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                if count >= 0 { return .success(count) }
                switch errno {
                case EINTR: continue
                case EAGAIN: return .success(nil)
                case let code: return .failure(failure(code, "send to"))
                }
            }
        }
    }

    /// What has happened to the connection: `POLLERR`, `POLLHUP` and ``peerHasEnded``.
    private func events() -> Int16 {
        var entry = pollfd(fd: descriptor, events: Self.peerHasEnded, revents: 0)
        return poll(&entry, 1, 0) > 0 ? entry.revents : 0
    }

    /// Throws if the connection is broken; an end of the peer's side is none.
    private func checkForFailure() throws(TransportError) {
        try enter()
        defer { leave() }
        guard events() & Int16(POLLERR | POLLHUP) != 0 else { return }
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        throw failure(code == 0 ? ECONNRESET : code, "send to")
    }

    private func wait(for interest: Reactor.Interest, until deadline: ContinuousClock.Instant) async throws {
        do {
            try await reactor.wait(for: descriptor, interest, until: deadline)
        } catch let error as TransportError where error.code == .forgotten {
            throw closedHere
        }
    }

    private func failure(_ code: Int32, _ action: String) -> TransportError {
        let message = "cannot \(action) \(endpoint): \(String(cString: strerror(code)))"
        switch code {
        case EPIPE, ECONNRESET, ECONNABORTED, ENOTCONN: return TransportError(code: .closed, message: message)
        case ECONNREFUSED: return TransportError(code: .refused, message: message)
        default: return TransportError(code: .system, message: message)
        }
    }

    private var timedOut: TransportError { TransportError(code: .timedOut, message: "\(endpoint): timed out") }
    private var closedHere: TransportError {
        TransportError(code: .closed, message: "the socket to \(endpoint) is closed")
    }
}
