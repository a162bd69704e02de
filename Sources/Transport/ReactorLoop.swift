import CLinux
import Glibc
import Synchronization

/// One epoll set, the thread that waits on it, and the tasks that wait for the thread.
final class ReactorLoop: Sendable {
    /// A class, so that the table moves pointers about.
    final class Waiter: Sendable {
        private let continuation: CheckedContinuation<Void, any Error>
        /// What to do on the thread when the descriptor is ready, instead of ending the wait.
        let step: (@Sendable () -> Reactor.Step)?

        init(_ continuation: CheckedContinuation<Void, any Error>, _ step: (@Sendable () -> Reactor.Step)?) {
            self.continuation = continuation
            self.step = step
        }

        func end(_ error: (any Error)? = nil) {
            if let error { continuation.resume(throwing: error) } else { continuation.resume() }
        }
    }

    private struct Event {
        var descriptor: Int32
        var token: UInt32
    }

    enum Phase {
        /// Can go to `running` and `stopped`.
        case created
        /// Can go to `stopped`.
        case running(pthread_t)
        case stopped
    }

    struct State {
        var phase = Phase.created
        var table = WaitTable<Waiter>()
        var drivers = DriverTable()
        /// Until when the thread sleeps if nothing happens; nil while it is awake and will look again.
        var sleepsUntil: Duration?

        var isRunning: Bool { if case .running = phase { true } else { false } }
        var isStopped: Bool { if case .stopped = phase { true } else { false } }
    }

    let epoll: Int32
    let state = Mutex(State())
    /// What the tables' times count from.
    let origin = ContinuousClock.now

    private let wakeup: Int32

    /// Longer sleeps are cut, because epoll counts milliseconds in 32 bits.
    private static let longestSleep = Duration.seconds(3600)
    private static let pause = Duration.milliseconds(1)

    init() throws(TransportError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw TransportError(errno: errno, doing: "create an epoll set") }
        wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wakeup >= 0 else {
            let code = errno
            close(epoll)
            throw TransportError(errno: code, doing: "create an eventfd")
        }
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        event.data.u64 = Self.wakeupData
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, wakeup, &event) == 0 else {
            let code = errno
            close(epoll)
            close(wakeup)
            throw TransportError(errno: code, doing: "watch an eventfd")
        }
    }

    deinit {
        // The thread holds the loop, so it has ended by now.
        close(epoll)
        close(wakeup)
    }

    var waiterCount: Int { state.withLock { $0.table.waiterCount } }

    func start() throws(TransportError) {
        let code: Int32 = state.withLock { state in
            guard case .created = state.phase else {
                if case .running = state.phase { return 0 }
                return -1
            }
            let context = Unmanaged.passRetained(self)
            var thread = pthread_t()
            let code = pthread_create(
                &thread,
                nil,
                { context in
                    guard let context else { return nil }
                    Unmanaged<ReactorLoop>.fromOpaque(context).takeRetainedValue().run()
                    return nil
                },
                context.toOpaque()
            )
            if code == 0 {
                state.phase = .running(thread)
            } else {
                context.release()
            }
            return code
        }
        if code == -1 { throw TransportError(code: .notRunning, message: "the reactor was stopped") }
        if code != 0 { throw TransportError(errno: code, doing: "start a thread") }
    }

    func stop() {
        let (isFirst, thread, waiters) = state.withLock { state -> (Bool, pthread_t?, [Waiter]) in
            var thread: pthread_t?
            if case .running(let running) = state.phase { thread = running }
            let isFirst = !state.isStopped
            state.phase = .stopped
            return (isFirst, thread, state.table.removeAll())
        }
        for waiter in waiters { waiter.end(Self.notRunning) }
        guard isFirst else { return }
        if let thread {
            wake()
            pthread_join(thread, nil)
        }
        for driver in state.withLock({ $0.drivers.removeAll() }) { driver.stopped() }
    }

    func wait(
        for descriptor: Int32,
        _ interest: Reactor.Interest,
        until deadline: ContinuousClock.Instant,
        step: (@Sendable () -> Reactor.Step)?
    ) async throws {
        let token = state.withLock { $0.table.makeToken() }
        // Resuming a task orders what the steps wrote before what the task reads, but out of the thread sanitizer's sight;
        // the lock is in its sight.
        defer { if step != nil { state.withLock { _ in } } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let waiter = Waiter(continuation, step)
                park(waiter, for: descriptor, interest, token: token, until: deadline)
                // A cancellation that came before parking found nobody to wake.
                if Task.isCancelled { cancel(descriptor, token: token) }
            }
        } onCancel: {
            cancel(descriptor, token: token)
        }
    }

    func forget(_ descriptor: Int32) {
        let waiter = state.withLock { state -> Waiter? in
            let (isKnown, waiter) = state.table.forget(descriptor)
            if isKnown {
                var event = epoll_event()
                _ = epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event)
            }
            return waiter
        }
        waiter?.end(Self.forgotten)
    }

    private func cancel(_ descriptor: Int32, token: UInt32) {
        let waiter = state.withLock { $0.table.cancel(descriptor, token: token) }
        waiter?.end(CancellationError())
    }

    private func park(
        _ waiter: Waiter,
        for descriptor: Int32,
        _ interest: Reactor.Interest,
        token: UInt32,
        until deadline: ContinuousClock.Instant
    ) {
        let deadline = origin.duration(to: deadline)
        var wakesThread = false
        let failure = state.withLock { state -> TransportError? in
            guard case .running = state.phase else { return Self.notRunning }
            guard !state.table.isWaiting(for: descriptor) else {
                return TransportError(code: .alreadyWaiting, message: "another task waits for the descriptor")
            }
            let arming = state.table.park(waiter, for: descriptor, token: token, until: deadline)
            let code = arm(descriptor, interest, token: token, arming)
            guard code == 0 else {
                // The continuation is resumed below, with the error.
                _ = state.table.forget(descriptor)
                return TransportError(errno: code, doing: "watch a descriptor")
            }
            if let sleepsUntil = state.sleepsUntil, deadline < sleepsUntil {
                state.sleepsUntil = deadline
                wakesThread = true
            }
            return nil
        }
        if let failure { waiter.end(failure) }
        if wakesThread { wake() }
    }

    /// Arms a descriptor for one event.
    private func arm(
        _ descriptor: Int32,
        _ interest: Reactor.Interest,
        token: UInt32,
        _ arming: WaitTable<Waiter>.Arming
    ) -> Int32 {
        let data = UInt64(token) << 32 | UInt64(UInt32(bitPattern: descriptor))
        return control(descriptor, arming, EPOLLONESHOT.rawValue | Self.events(of: interest), data)
    }

    static func events(of interest: Reactor.Interest) -> UInt32 {
        var events: UInt32 = 0
        if interest.contains(.readable) { events |= EPOLLIN.rawValue | EPOLLRDHUP.rawValue }
        if interest.contains(.writable) { events |= EPOLLOUT.rawValue }
        return events
    }

    /// Tells the kernel about a descriptor.
    ///
    /// What a table knows can be outdated: a library may have closed a descriptor behind our back, and the number may
    /// belong to another file by now. The kernel knows, so its answer decides between adding and modifying.
    func control(_ descriptor: Int32, _ arming: WaitTable<Waiter>.Arming, _ events: UInt32, _ data: UInt64) -> Int32 {
        var event = epoll_event()
        event.events = events
        event.data.u64 = data
        let first = arming == .add ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
        if epoll_ctl(epoll, first, descriptor, &event) == 0 { return 0 }
        switch (errno, arming) {
        case (EEXIST, .add): return epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event) == 0 ? 0 : errno
        case (ENOENT, .modify): return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : errno
        case (let code, _): return code
        }
    }

    func wake() {
        var one: UInt64 = 1
        _ = write(wakeup, &one, MemoryLayout<UInt64>.size)
    }

    private func run() {
        // Libraries that write to a connection which the peer has closed get an error, whatever the program decided.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while let timeout = timeoutOfNextSleep() {
            let count = epoll_wait(epoll, &events, Int32(events.count), timeout)
            state.withLock { $0.sleepsUntil = nil }
            for event in events.prefix(max(0, Int(count))) { handle(event.data.u64, event.events) }
            let now = now
            callDueDrivers(at: now)
            for pause in state.withLock({ $0.table.endPauses(at: now) }) {
                step(Event(descriptor: pause.descriptor, token: pause.token))
            }
            let expired = state.withLock { $0.table.expire(at: now) }
            for waiter in expired { waiter.end(Self.timedOut) }
        }
    }

    private func handle(_ data: UInt64, _ events: UInt32) {
        guard data != Self.wakeupData else {
            var counter: UInt64 = 0
            _ = read(wakeup, &counter, MemoryLayout<UInt64>.size)
            return
        }
        if UInt32(truncatingIfNeeded: data) & Self.driverBit != 0 { return handleWatched(data, events) }
        step(
            Event(
                descriptor: Int32(bitPattern: UInt32(truncatingIfNeeded: data)),
                token: UInt32(truncatingIfNeeded: data >> 32)
            )
        )
    }

    /// Ends the wait of an event, or does a piece of its work.
    private func step(_ event: Event) {
        let waiter = state.withLock { $0.table.beginStep(event.descriptor, token: event.token) }
        guard let waiter else { return }
        let next = waiter.step?() ?? .done
        let error = state.withLock { state -> (any Error)?? in
            switch state.table.endStep(event.descriptor, token: event.token) {
            case .gone: return .some(Self.forgotten)
            case .cancelled: return .some(CancellationError())
            case .goesOn: break
            }
            if next == .done { return .some(nil) }
            guard case .running = state.phase else { return .some(Self.notRunning) }
            guard case .wait(let interest) = next else {
                let moment = now + Self.pause
                state.table.pause(waiter, for: event.descriptor, token: event.token, until: moment)
                return nil
            }
            let code = arm(event.descriptor, interest, token: event.token, .modify)
            guard code == 0 else { return .some(TransportError(errno: code, doing: "watch a descriptor")) }
            state.table.resumeWaiting(waiter, for: event.descriptor)
            return nil
        }
        if let error { waiter.end(error) }
    }

    private var now: Duration { origin.duration(to: .now) }

    /// How many milliseconds to sleep, rounded up, -1 for ever; nil when the thread is to end.
    private func timeoutOfNextSleep() -> Int32? {
        state.withLock { state in
            guard case .running = state.phase else { return nil }
            let now = now
            let limit = now + Self.longestSleep
            let driversMoment = state.drivers.nextMoment(now: now) ?? limit
            let until = min(state.table.nextDeadline ?? limit, driversMoment, limit)
            state.sleepsUntil = until
            guard until > now else { return 0 }
            let (seconds, attoseconds) = (until - now).components
            return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
        }
    }

    /// No descriptor has all bits set.
    private static let wakeupData = UInt64.max
    private static let notRunning = TransportError(code: .notRunning, message: "the reactor is not running")
    private static let forgotten = TransportError(code: .forgotten, message: "the descriptor was closed")
    private static let timedOut = TransportError(code: .timedOut, message: "timed out")
}

extension TransportError {
    init(errno code: Int32, doing action: String) {
        self.init(code: .system, message: "cannot \(action): \(String(cString: strerror(code)))")
    }
}
