import Synchronization

/// Waits for descriptors on behalf of C clients: one thread around one epoll set serves thousands of connections.
///
/// A client with a non-blocking library calls the library until it would block, then awaits
/// ``wait(for:_:until:)``, then calls it again; see `PQconnectPoll` and `PQconsumeInput`. No thread is held while
/// waiting. Call ``forget(_:)`` before a descriptor is closed.
public final class Reactor: Sendable {
    /// What to wait for.
    public struct Interest: OptionSet, Sendable, Hashable {
        /// The bits.
        public let rawValue: UInt8

        /// Creates a set from bits.
        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// Data, an end of file or an error can be read.
        public static let readable = Interest(rawValue: 1)
        /// Data can be written, or an error is there.
        public static let writable = Interest(rawValue: 2)
    }

    /// What comes after one step of work on a descriptor; see ``drive(_:_:until:step:)``.
    public enum Step: Sendable, Hashable {
        /// There is more to come: wait until the descriptor is ready again.
        case wait(Interest)
        /// There is more to come soon: look again after a moment, ready or not. Where many small pieces follow each other
        /// this takes several at once; when a look finds nothing, wait.
        case pause
        /// The work is done.
        case done
    }

    private let loops: [ReactorLoop]

    /// Creates a reactor that does not run yet.
    ///
    /// - Parameter threads: How many threads share the descriptors; one is enough for some ten thousand events a
    ///   second.
    /// - Throws: ``TransportError`` when the system has no more descriptors.
    public init(threads: Int = 1) throws(TransportError) {
        var loops: [ReactorLoop] = []
        for _ in 0..<max(1, min(threads, 64)) { loops.append(try ReactorLoop()) }
        self.loops = loops
    }

    deinit {
        stop()
    }

    /// Starts the threads. Starting twice does nothing.
    ///
    /// - Throws: ``TransportError`` when there can be no more threads, or when it was stopped.
    public func start() throws(TransportError) {
        for loop in loops { try loop.start() }
    }

    /// Ends the threads, and every wait with an error. It cannot be started again. Stopping twice does nothing.
    public func stop() {
        for loop in loops { loop.stop() }
    }

    /// How many tasks wait now.
    public var waiterCount: Int { loops.reduce(0) { $0 + $1.waiterCount } }

    /// Suspends until a descriptor is ready, once.
    ///
    /// Being ready includes errors and hang-ups: the next call on the descriptor will tell. At most one task may wait
    /// for a descriptor at a time.
    ///
    /// - Parameters:
    ///   - descriptor: A socket or pipe in non-blocking mode.
    ///   - interest: Which readiness ends the wait.
    ///   - deadline: When to give up.
    /// - Throws: ``TransportError``, with the code ``TransportError/Code/timedOut`` when the deadline passes;
    ///   `CancellationError` at once when the task is cancelled.
    public func wait(
        for descriptor: Int32,
        _ interest: Interest,
        until deadline: ContinuousClock.Instant
    ) async throws {
        guard descriptor >= 0 else {
            throw TransportError(code: .system, message: "there is no descriptor to wait for")
        }
        try await loop(of: descriptor).wait(for: descriptor, interest, until: deadline, step: nil)
    }

    /// Works on a descriptor each time it is ready, until the work is done.
    ///
    /// This saves the way to the task and back where many small pieces come one after another. The task is suspended
    /// all the while, and what it shares with `step` is used by one of the two at a time: also when this throws, no step
    /// is under way any more.
    ///
    /// - Parameters:
    ///   - descriptor: A socket or pipe in non-blocking mode.
    ///   - interest: Which readiness begins the first step.
    ///   - deadline: When to give up.
    ///   - step: Runs on the reactor's thread, so it must be quick and must not block.
    /// - Throws: As ``wait(for:_:until:)``.
    public func drive(
        _ descriptor: Int32,
        _ interest: Interest,
        until deadline: ContinuousClock.Instant,
        step: @escaping @Sendable () -> Step
    ) async throws {
        guard descriptor >= 0 else {
            throw TransportError(code: .system, message: "there is no descriptor to wait for")
        }
        try await loop(of: descriptor).wait(for: descriptor, interest, until: deadline, step: step)
    }

    /// Takes a descriptor out of the reactor. Call it before the descriptor is closed; who waits for it gets an error.
    public func forget(_ descriptor: Int32) {
        if descriptor >= 0 { loop(of: descriptor).forget(descriptor) }
    }

    /// A place for a driver, on the thread that has the fewest.
    func makeSeat() -> ReactorSeat {
        let loop = loops.dropFirst().reduce(loops[0]) { $1.driverCount < $0.driverCount ? $1 : $0 }
        return ReactorSeat(loop: loop)
    }

    private func loop(of descriptor: Int32) -> ReactorLoop {
        loops[Int(descriptor) % loops.count]
    }
}
