#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What time it is, and how to wait: two clocks in one.
///
/// ``now`` never goes back, whatever happens to the machine's date. It counts from 1970 as the machine saw it when the
/// source was made, so that what is planned at a certain point of every minute stays there after a restart. ``wallTime``
/// is the machine's date, for what is shown to others.
public struct TimeSource: Sendable {
    private let steady: @Sendable () -> Duration
    private let wall: @Sendable () -> Duration
    private let sleepUntil: @Sendable (Duration) async throws -> Void

    /// The machine's clocks.
    public init() {
        self.init(clock: ContinuousClock(), wallTime: Self.machineTime)
    }

    /// Creates a source from any clocks.
    ///
    /// - Parameters:
    ///   - clock: What ``now`` and ``sleep(until:)`` go by.
    ///   - wallTime: The time since 1970.
    public init<C: Clock>(clock: C, wallTime: @escaping @Sendable () -> Duration) where C.Duration == Duration {
        let start = clock.now
        let origin = wallTime()
        steady = { origin + start.duration(to: clock.now) }
        wall = wallTime
        // Without a tolerance of zero a wait may take a tenth longer, and wakes the machine twice.
        sleepUntil = { try await clock.sleep(until: start.advanced(by: $0 - origin), tolerance: .zero) }
    }

    /// The time that never goes back.
    public var now: Duration { steady() }

    /// The time since 1970 by the machine's date.
    public var wallTime: Duration { wall() }

    /// Waits until ``now`` has come to a point.
    ///
    /// - Throws: `CancellationError` if the task is cancelled.
    public func sleep(until moment: Duration) async throws {
        try await sleepUntil(moment)
    }

    private static let machineTime: @Sendable () -> Duration = {
        var time = timespec()
        guard clock_gettime(CLOCK_REALTIME, &time) == 0 else { return .zero }
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }
}
