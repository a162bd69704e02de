import Synchronization

/// Runs exchanges on a thread of a reactor.
///
/// Tasks leave messages and wake the thread; only there does libcurl work, so no task ever waits for its lock while a
/// key exchange is computed.
final class HTTPEngine: ReactorDriver {
    /// What a task wants.
    enum Message: Sendable {
        case submit(UInt64, HTTPExchange, CheckedContinuation<HTTPResponse, any Error>)
        case cancel(UInt64)
    }

    private struct Inbox {
        var messages: [Message] = []
        var lastID: UInt64 = 0
        /// How many exchanges were submitted and have not ended.
        var outstanding = 0
        /// Why no more are taken.
        var end: HTTPError?
    }

    private let seat: ReactorSeat
    private let maximumOutstanding: Int
    private let inbox = Mutex(Inbox())
    private let transfers: Mutex<HTTPTransfers>

    /// Makes an engine on a reactor's thread, which keeps it until ``shutdown()`` or until the reactor stops.
    init(reactor: Reactor, configuration: HTTPClient.Configuration) {
        seat = reactor.makeSeat()
        maximumOutstanding = configuration.maximumConnections + configuration.maximumQueue
        transfers = Mutex(HTTPTransfers(seat: seat, configuration: configuration))
        if !seat.occupy(by: self) { inbox.withLock { $0.end = Self.notRunning } }
    }

    /// Runs an exchange.
    func run(_ exchange: HTTPExchange) async throws -> HTTPResponse {
        let id = inbox.withLock { inbox in
            inbox.lastID &+= 1
            return inbox.lastID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                if let error = submit(id, exchange, continuation) {
                    continuation.resume(throwing: error)
                } else if Task.isCancelled {
                    // A cancellation that came before found nothing to end.
                    cancel(id)
                }
            }
        } onCancel: {
            cancel(id)
        }
    }

    /// Ends everything, now and later.
    func shutdown() {
        inbox.withLock { if $0.end == nil { $0.end = Self.wasShutDown } }
        // Without a thread this one does its work.
        if !seat.wake() { close() }
    }

    func ready(_ descriptor: Int32, _ readiness: Reactor.Interest) {
        handle(.ready(descriptor, readiness))
    }

    func due() {
        let (messages, isOver) = inbox.withLock { inbox in
            guard inbox.end == nil else { return ([Message](), true) }
            defer { inbox.messages = [] }
            return (inbox.messages, false)
        }
        if isOver { close() } else { handle(.due(messages)) }
    }

    func stopped() { close() }

    private func close() {
        let (messages, error) = inbox.withLock { inbox in
            let error = inbox.end ?? Self.notRunning
            defer { (inbox.messages, inbox.end) = ([], error) }
            return (inbox.messages, error)
        }
        handle(.closed(error, messages))
    }

    private func handle(_ event: HTTPTransfers.Event) {
        let finished = transfers.withLock { $0.handle(event) }
        guard !finished.isEmpty else { return }
        inbox.withLock { $0.outstanding -= finished.count }
        for exchange in finished { exchange.continuation.resume(with: exchange.result) }
    }

    /// - Returns: Why it is not taken.
    private func submit(
        _ id: UInt64,
        _ exchange: HTTPExchange,
        _ continuation: CheckedContinuation<HTTPResponse, any Error>
    ) -> HTTPError? {
        guard seat.isRunning else { return inbox.withLock { $0.end } ?? Self.notRunning }
        let error = inbox.withLock { inbox -> HTTPError? in
            if let end = inbox.end { return end }
            guard inbox.outstanding < maximumOutstanding else {
                return HTTPError(code: .system, message: "too many requests wait for a connection")
            }
            inbox.outstanding += 1
            inbox.messages.append(.submit(id, exchange, continuation))
            return nil
        }
        if error == nil { seat.wake() }
        return error
    }

    private func cancel(_ id: UInt64) {
        let wakes = inbox.withLock { inbox in
            guard inbox.end == nil, inbox.outstanding > 0 else { return false }
            inbox.messages.append(.cancel(id))
            return true
        }
        if wakes { seat.wake() }
    }

    private static let notRunning = HTTPError(code: .system, message: "the reactor of the HTTP client is not running")
    private static let wasShutDown = HTTPError(code: .system, message: "the HTTP client was shut down")
}
