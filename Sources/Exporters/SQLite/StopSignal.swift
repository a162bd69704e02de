import Synchronization

/// Tells a running query to stop: because its deadline has passed, or because nobody waits for it any more.
///
/// One signal belongs to one connection, and outlives it. A cancellation names the run that it is meant for, so that it
/// cannot hit a later one.
final class StopSignal: Sendable {
    private let reference = ContinuousClock.now
    private let run = Atomic<UInt64>(0)
    private let cancelledRun = Atomic<UInt64>(0)
    /// Nanoseconds after `reference`.
    private let deadline = Atomic<Int64>(.max)

    /// Begins a run, and returns its number.
    func begin() -> UInt64 {
        deadline.store(.max, ordering: .relaxed)
        return run.add(1, ordering: .sequentiallyConsistent).newValue
    }

    /// Sets when the current query must stop.
    func setDeadline(_ instant: ContinuousClock.Instant) {
        let (seconds, attoseconds) = reference.duration(to: instant).components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (total, carried) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        deadline.store(overflow || carried ? .max : total, ordering: .relaxed)
    }

    /// Stops a run, and those before it.
    func cancel(_ number: UInt64) {
        cancelledRun.max(number, ordering: .sequentiallyConsistent)
    }

    /// Stops the current run.
    func cancelCurrent() {
        cancel(run.load(ordering: .sequentiallyConsistent))
    }

    /// Whether the current run was cancelled.
    var isCancelled: Bool {
        cancelledRun.load(ordering: .sequentiallyConsistent) >= run.load(ordering: .sequentiallyConsistent)
    }

    /// Whether the current query must stop.
    var shouldStop: Bool {
        if isCancelled { return true }
        let (seconds, attoseconds) = reference.duration(to: .now).components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow || scaled + attoseconds / 1_000_000_000 >= deadline.load(ordering: .relaxed)
    }
}
