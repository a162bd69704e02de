/// Lets other tasks run until a fact holds that they bring about, without sleeping.
///
/// - Parameters:
///   - limit: How long to wait. It is reached only by a failing test: a fact that never comes must not hang the run.
///   - file: Where it is waited for; part of the message.
///   - line: Where it is waited for; part of the message.
///   - condition: The fact. It may push what it waits for, such as by advancing a ``ManualClock``.
/// - Throws: ``TestSupportError`` when the limit has passed, `CancellationError` when the task is cancelled.
public func until(
    within limit: Duration = .seconds(60),
    file: String = #fileID,
    line: Int = #line,
    isolation: isolated (any Actor)? = #isolation,
    _ condition: () -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while !condition() {
        try Task.checkCancellation()
        guard ContinuousClock.now < deadline else {
            throw TestSupportError("what is waited for at \(file):\(line) did not come within \(limit)")
        }
        await Task.yield()
    }
}
