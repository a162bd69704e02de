/// Polls a fact about every 20 ms until it holds.
///
/// This is how a test waits for something outside of it, such as a server or a page. What can be driven by
/// ``ManualClock`` should be.
///
/// - Parameters:
///   - fact: What is waited for; it is the message when it does not come true.
///   - limit: How long to wait. Be generous: it is reached only by a failing test.
///   - isolation: The caller's.
///   - condition: The fact. What it throws counts as "not yet", and is shown if it was the last outcome.
/// - Throws: ``TestSupportError`` when the limit has passed, `CancellationError` when the task is cancelled.
public func waitUntil(
    _ fact: String,
    within limit: Duration = .seconds(60),
    isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while true {
        var reason = ""
        do {
            if try await condition() { return }
        } catch let error as CancellationError {
            throw error
        } catch {
            reason = "; last: \(error)"
        }
        guard ContinuousClock.now < deadline else {
            throw TestSupportError("not within \(limit): \(fact)\(reason)")
        }
        try await Task.sleep(for: .milliseconds(20))
    }
}
