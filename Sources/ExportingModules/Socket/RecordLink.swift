import Glibc
import Synchronization
import Transport

/// One connection that records are sent over. It is made when it is needed, and anew after it broke.
///
/// Used by one task at a time.
final class RecordLink: Sendable {
    private let target: SocketTarget
    private let greeting: [UInt8]
    private let timeout: Duration
    private let network: NetworkServices
    private let socket = Mutex<StreamSocket?>(nil)

    /// - Parameters:
    ///   - target: Where to send to.
    ///   - greeting: What each connection of a stream begins with.
    ///   - timeout: How long one call may take.
    ///   - network: The network.
    init(target: SocketTarget, greeting: [UInt8] = [], timeout: Duration, network: NetworkServices) {
        self.target = target
        self.greeting = greeting
        self.timeout = timeout
        self.network = network
    }

    /// Sends records, and says which of them have arrived as far as the protocol tells:
    ///
    /// - TCP: the other host's kernel has confirmed all bytes of the record.
    /// - A stream over a Unix socket: the kernel has taken them, and the reader has not gone before it had read them or
    ///   the time was up.
    /// - UDP: they were sent, and nobody said that nobody listens.
    /// - Datagrams over a Unix socket: they are in the reader's queue.
    ///
    /// - Throws: `TransportError` if nothing has arrived, `CancellationError`.
    func send(_ records: LineBatch) async throws -> Delivery {
        guard records.count > 0 else { return .accepted(count: 0) }
        let deadline = ContinuousClock.now + timeout
        let socket = try await open(until: deadline)
        do {
            let delivery =
                target.isStream
                ? try await sendStream(records, over: socket, until: deadline)
                : try await sendDatagrams(records, over: socket, until: deadline)
            return delivery
        } catch {
            // What was begun on this connection cannot be gone on with.
            close()
            throw error
        }
    }

    /// Closes the connection. The next call of ``send(_:)`` makes a new one.
    func close() {
        let open = socket.withLock { $0.take() }
        open?.close()
    }

    private func open(until deadline: ContinuousClock.Instant) async throws -> StreamSocket {
        if let open = socket.withLock({ $0 }) {
            if open.isOpen() { return open }
            close()
        }
        let made = try await target.connect(network, until: deadline)
        if target.isStream, !greeting.isEmpty {
            do {
                try await made.send(greeting, until: deadline)
            } catch let error as SocketSendError {
                made.close()
                throw error.cause
            }
        }
        socket.withLock { $0 = made }
        return made
    }

    // MARK: - Streams

    private func sendStream(
        _ records: LineBatch,
        over socket: StreamSocket,
        until deadline: ContinuousClock.Instant
    ) async throws -> Delivery {
        do {
            try await socket.send(records.bytes, until: deadline)
        } catch let error as SocketSendError {
            guard let cause = error.cause as? TransportError else { throw error.cause }
            let arrived = cause.code == .timedOut ? arrivedBytes(of: error.taken, over: socket) : 0
            // A record may be cut here. The reader sees the end of the connection, and the record again on the next one.
            close()
            return try answer(arrivedBytes: arrived, of: records, cause)
        }
        do {
            try await socket.waitUntilAcknowledged(until: deadline)
            return .accepted(count: records.count)
        } catch let error as TransportError {
            guard error.code == .timedOut else { throw error }
            // Each record is whole on this connection, so a reader of this machine that is slow may go on.
            if case .unix = target.endpoint { return .accepted(count: records.count) }
            let arrived = arrivedBytes(of: records.bytes.count, over: socket)
            close()
            return try answer(arrivedBytes: arrived, of: records, error)
        }
    }

    /// How many of the bytes that the kernel took have arrived.
    private func arrivedBytes(of taken: Int, over socket: StreamSocket) -> Int {
        if case .unix = target.endpoint { return taken }
        guard let waiting = try? socket.unacknowledgedBytes() else { return 0 }
        return max(0, taken - waiting)
    }

    private func answer(
        arrivedBytes: Int,
        of records: LineBatch,
        _ error: TransportError
    ) throws(TransportError) -> Delivery {
        let count = records.lines(within: arrivedBytes)
        guard count > 0 else { throw error }
        return .firstAccepted(count, of: records.count, reason: error.message)
    }

    // MARK: - Datagrams

    private func sendDatagrams(
        _ records: LineBatch,
        over socket: StreamSocket,
        until deadline: ContinuousClock.Instant
    ) async throws -> Delivery {
        var exceptions: [Int: DeliveryOutcome] = [:]
        for index in 0..<records.count {
            let record = Array(records[index])
            guard record.count <= maximumDatagram else {
                exceptions[index] = .rejected(reason: "\(record.count) bytes are too many for a datagram")
                continue
            }
            do {
                try await socket.send(record, until: deadline)
            } catch let error as SocketSendError {
                guard let cause = error.cause as? TransportError else { throw error.cause }
                guard isTooLarge(cause) else { return try broken(cause, at: index, of: records.count, exceptions) }
                exceptions[index] = .rejected(reason: "\(record.count) bytes are too many for a datagram")
            }
        }
        if case .udp = target.endpoint {
            do {
                try await socket.waitUntilAcknowledged(until: deadline)
            } catch let error as TransportError {
                return try broken(error, at: records.count, of: records.count, exceptions)
            }
        }
        return Delivery(count: records.count, .accepted, exceptions: exceptions)
    }

    /// The answer when record `index` could not be sent.
    private func broken(
        _ error: TransportError,
        at index: Int,
        of count: Int,
        _ exceptions: [Int: DeliveryOutcome]
    ) throws(TransportError) -> Delivery {
        close()
        // UDP says late that nobody listens: nothing of what went before can be counted on.
        var accepted = error.code == .timedOut ? index : 0
        if case .unixgram = target.endpoint { accepted = index }
        let isRejected = exceptions.keys.contains { $0 < count }
        guard accepted > 0 || isRejected else { throw error }
        var outcomes = exceptions
        for place in accepted..<max(accepted, count) where outcomes[place] == nil {
            outcomes[place] = .retry(after: nil, reason: error.message)
        }
        return Delivery(count: count, .accepted, exceptions: outcomes)
    }

    /// What an IP packet has room for (RFC 768); for Unix sockets the kernel says.
    private var maximumDatagram: Int {
        if case .udp = target.endpoint { 65_507 } else { .max }
    }

    /// Whether an error is `EMSGSIZE`. The errors of a socket have no number, but the system's words.
    private func isTooLarge(_ error: TransportError) -> Bool {
        error.code == .system && error.message.hasSuffix(String(cString: strerror(EMSGSIZE)))
    }
}
