import CCurl

/// The exchanges of one client: a multi handle of libcurl and what belongs to it.
///
/// It is no `Sendable`: ``HTTPEngine`` keeps it in a lock, and libcurl calls back only while it is at work there.
final class HTTPTransfers {
    /// What happens to it.
    enum Event: Sendable {
        case ready(Int32, Reactor.Interest)
        case due([HTTPEngine.Message])
        case closed(HTTPError, [HTTPEngine.Message])
    }

    /// An exchange that has ended; to be told outside of the lock.
    struct Finished: Sendable {
        let continuation: CheckedContinuation<HTTPResponse, any Error>
        let result: Result<HTTPResponse, any Error>
    }

    private let configuration: HTTPClient.Configuration
    private let seat: ReactorSeat
    /// What deadlines count from.
    private let origin = ContinuousClock.now
    private var multi: OpaquePointer?
    private var transfers: [UInt64: HTTPTransfer] = [:]
    private var running: [OpaquePointer: HTTPTransfer] = [:]
    private var admission: HTTPAdmission
    private var admitted: [UInt64] = []
    private var deadlines = DeadlineHeap<UInt64>()
    /// When libcurl wants to be called.
    private var curlMoment: Duration?
    /// When the reactor was last told to call.
    private var timer: Duration?
    private var idleHandles: [OpaquePointer] = []
    private var finished: [Finished] = []

    private static let maximumIdleHandles = 64

    init(seat: ReactorSeat, configuration: HTTPClient.Configuration) {
        self.seat = seat
        self.configuration = configuration
        admission = HTTPAdmission(
            maximum: configuration.maximumConnections,
            maximumPerHost: configuration.maximumConnectionsPerHost
        )
    }

    deinit {
        // Without a lock, and without transfers: those hold continuations, which end before.
        for easy in idleHandles { curl_easy_cleanup(easy) }
        if let multi { curl_multi_cleanup(multi) }
    }

    /// Takes what has happened.
    ///
    /// - Returns: The exchanges that have ended by it.
    func handle(_ event: Event) -> [Finished] {
        switch event {
        case .ready(let descriptor, let readiness):
            act(descriptor, readiness)
        case .due(let messages):
            for message in messages { take(message) }
        case .closed(let error, let messages):
            for case .submit(_, let exchange, let continuation) in messages {
                finished.append(Finished(continuation: continuation, result: .failure(error.naming(exchange))))
            }
            close(error)
            defer { finished = [] }
            return finished
        }
        expire()
        beginAdmitted()
        runTimer()
        defer { finished = [] }
        return finished
    }

    private func take(_ message: HTTPEngine.Message) {
        switch message {
        case .submit(let id, let exchange, let continuation):
            let transfer = HTTPTransfer(
                id: id,
                exchange: exchange,
                continuation: continuation,
                configuration: configuration
            )
            transfers[id] = transfer
            deadlines.push(id, at: origin.duration(to: exchange.deadline))
            if admission.enter(id, host: exchange.hostKey) { begin(transfer) }
        case .cancel(let id):
            if let transfer = transfers[id] { end(transfer, .failure(CancellationError())) }
        }
    }

    private func begin(_ transfer: HTTPTransfer) {
        guard let multi = multi ?? makeMulti(), let easy = idleHandles.popLast() ?? curl_easy_init() else {
            end(transfer, .failure(HTTPError(code: .system, message: "libcurl cannot be set up")))
            return
        }
        do throws(HTTPError) {
            try transfer.prepare(easy, userAgent: configuration.userAgent)
            running[easy] = transfer
            let code = curl_multi_add_handle(multi, easy)
            guard code == CURLM_OK else {
                throw HTTPError(code: .system, message: String(cString: curl_multi_strerror(code)))
            }
        } catch {
            end(transfer, .failure(error.naming(transfer.exchange)))
        }
    }

    /// Ends an exchange, and admits those that waited for it.
    private func end(_ transfer: HTTPTransfer, _ result: Result<HTTPResponse, any Error>) {
        guard transfers.removeValue(forKey: transfer.id) != nil else { return }
        if let easy = transfer.takeEasy() {
            if let multi { curl_multi_remove_handle(multi, easy) }
            running[easy] = nil
            if idleHandles.count < Self.maximumIdleHandles, multi != nil {
                curl_easy_reset(easy)
                idleHandles.append(easy)
            } else {
                curl_easy_cleanup(easy)
            }
        }
        finished.append(Finished(continuation: transfer.continuation, result: result))
        if deadlines.count > 2 * transfers.count + 64 { deadlines.compact { transfers[$0.id] != nil } }
        admitted += admission.leave(transfer.id)
    }

    /// Begins what has got its turn. One that fails at once makes room for the next one.
    private func beginAdmitted() {
        while let id = admitted.popLast() {
            if let transfer = transfers[id] { begin(transfer) }
        }
    }

    private func close(_ error: HTTPError) {
        // What waits must not begin instead of what ends.
        for transfer in transfers.values where transfer.easy == nil { _ = admission.leave(transfer.id) }
        for transfer in Array(transfers.values) { end(transfer, .failure(error.naming(transfer.exchange))) }
        for easy in idleHandles { curl_easy_cleanup(easy) }
        idleHandles = []
        if let multi {
            // It closes the connections, and says so: the context is still there.
            curl_multi_cleanup(multi)
            self.multi = nil
        }
        seat.leave()
    }

    private func act(_ descriptor: Int32, _ readiness: Reactor.Interest) {
        guard let multi else { return }
        var events: Int32 = 0
        if readiness.contains(.readable) { events |= CURL_CSELECT_IN }
        if readiness.contains(.writable) { events |= CURL_CSELECT_OUT }
        var count: Int32 = 0
        curl_multi_socket_action(multi, descriptor, events, &count)
        collect()
    }

    /// Ends what libcurl says has ended.
    private func collect() {
        guard let multi else { return }
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = muster_curl_message_result(message)
            guard let transfer = running[easy] else { continue }
            end(transfer, transfer.outcome(code))
        }
    }

    private func expire() {
        let now = now
        while let first = deadlines.first, first.deadline <= now {
            _ = deadlines.popFirst()
            guard let transfer = transfers[first.id] else { continue }
            let message = transfer.easy == nil ? "no connection was free in time" : "no whole answer in time"
            end(transfer, .failure(HTTPError(code: .timedOut, message: message).naming(transfer.exchange)))
        }
    }

    /// Lets libcurl do what is due, and asks to be called for the rest.
    private func runTimer() {
        guard let multi else { return }
        // What begins is due at once. A few rounds, so that sockets get their turn.
        for _ in 0..<4 {
            guard let moment = curlMoment, moment <= now else { break }
            curlMoment = nil
            var count: Int32 = 0
            curl_multi_socket_action(multi, MUSTER_CURL_SOCKET_TIMEOUT, 0, &count)
            collect()
            beginAdmitted()
        }
        var next = curlMoment
        if let deadline = deadlines.first?.deadline { next = next.map { min($0, deadline) } ?? deadline }
        if next != timer || next.map({ $0 <= now }) ?? false {
            timer = next
            seat.setTimer(next.map { origin + $0 })
        }
    }

    private var now: Duration { origin.duration(to: .now) }

    private func makeMulti() -> OpaquePointer? {
        guard CurlLibrary.isReady, let multi = curl_multi_init() else { return nil }
        self.multi = multi
        // This object outlives the multi handle.
        let context = Unmanaged.passUnretained(self).toOpaque()
        muster_curl_multi_on_socket(
            multi,
            { _, descriptor, what, context, _ in
                guard let context else { return 0 }
                let transfers = Unmanaged<HTTPTransfers>.fromOpaque(context).takeUnretainedValue()
                transfers.watch(descriptor, what)
                // Anything else would end the multi handle for good. What is not watched ends at its deadline.
                return 0
            },
            context
        )
        muster_curl_multi_on_timer(
            multi,
            { _, milliseconds, context in
                guard let context else { return 0 }
                Unmanaged<HTTPTransfers>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds)
                return 0
            },
            context
        )
        muster_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, configuration.maximumConnections)
        muster_curl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, configuration.maximumConnections)
        return multi
    }

    private func watch(_ descriptor: Int32, _ what: Int32) {
        switch what {
        case CURL_POLL_IN: seat.watch(descriptor, .readable)
        case CURL_POLL_OUT: seat.watch(descriptor, .writable)
        case CURL_POLL_INOUT: seat.watch(descriptor, [.readable, .writable])
        default: seat.unwatch(descriptor)
        }
    }

    private func setTimer(_ milliseconds: Int) {
        curlMoment = milliseconds < 0 ? nil : now + .milliseconds(milliseconds)
    }
}
