import Glibc
import Synchronization

/// Runs calls that block, such as `getaddrinfo`, on a bounded number of threads of their own.
///
/// A thread lives while there is work. Work that never returns keeps its thread, and that is all it costs: who waited
/// for it gets an error at the deadline.
public final class BlockingPool: Sendable {
    private struct State {
        var threads = 0
        var queue: [@Sendable () -> Void] = []
        /// The index of the first queued piece of work that was not started.
        var head = 0

        var queued: Int { queue.count - head }

        mutating func next() -> (@Sendable () -> Void)? {
            guard head < queue.count else {
                queue = []
                head = 0
                return nil
            }
            defer { head += 1 }
            return queue[head]
        }
    }

    private let maximumThreads: Int
    private let maximumQueue: Int
    private let state = Mutex(State())

    /// Creates a pool; it starts no thread yet.
    ///
    /// - Parameters:
    ///   - maximumThreads: How many calls may block at the same time.
    ///   - maximumQueue: How many more may wait for a thread.
    public init(maximumThreads: Int = 16, maximumQueue: Int = 4096) {
        self.maximumThreads = max(1, maximumThreads)
        self.maximumQueue = max(0, maximumQueue)
    }

    /// How many threads there are now.
    public var threadCount: Int { state.withLock { $0.threads } }

    /// Runs a call and waits for its result, but not longer than until the deadline.
    ///
    /// - Parameters:
    ///   - deadline: When to give up waiting. The call itself cannot be stopped: it goes on, and its result is dropped.
    ///   - work: What may block.
    /// - Throws: ``TransportError`` at the deadline or when too much work is queued; `CancellationError`.
    public func run<Value: Sendable>(
        until deadline: ContinuousClock.Instant,
        _ work: @escaping @Sendable () -> Value
    ) async throws -> Value {
        let pending = Pending<Value>()
        try submit { pending.complete(with: work()) }
        return try await pending.value(until: deadline, clock: .continuous)
    }

    /// Runs a call without waiting for it.
    ///
    /// - Throws: ``TransportError`` with the code ``TransportError/Code/busy`` when too much work is queued.
    public func submit(_ work: @escaping @Sendable () -> Void) throws(TransportError) {
        let (isAccepted, startsThread) = state.withLock { state -> (Bool, Bool) in
            guard state.threads < maximumThreads || state.queued < maximumQueue else { return (false, false) }
            state.queue.append(work)
            guard state.threads < maximumThreads else { return (true, false) }
            state.threads += 1
            return (true, true)
        }
        guard isAccepted else {
            throw TransportError(code: .busy, message: "too many blocking calls are queued")
        }
        if startsThread { startThread() }
    }

    private func startThread() {
        let context = Unmanaged.passRetained(self)
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            &attributes,
            { context in
                guard let context else { return nil }
                Unmanaged<BlockingPool>.fromOpaque(context).takeRetainedValue().work()
                return nil
            },
            context.toOpaque()
        )
        if code != 0 {
            context.release()
            // Another thread will take the work; without any, it waits for the next one that can be started.
            state.withLock { $0.threads -= 1 }
        }
    }

    private func work() {
        while true {
            let next = state.withLock { state -> (@Sendable () -> Void)? in
                guard let next = state.next() else {
                    state.threads -= 1
                    return nil
                }
                return next
            }
            guard let next else { return }
            next()
        }
    }
}
