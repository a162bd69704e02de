import Synchronization

/// One call of ``FileSource/services()`` that waits for the queue: whoever comes first, the result or a cancellation,
/// ends it.
final class FileRead: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<SourceListing, any Error>)
        case done(Result<SourceListing, any Error>)
        case resumed
    }

    private let state = Mutex(State.idle)

    /// Whether nobody waits any more.
    var isCancelled: Bool {
        state.withLock { if case .waiting = $0 { false } else { true } }
    }

    func start(_ continuation: CheckedContinuation<SourceListing, any Error>) {
        let result = state.withLock { state -> Result<SourceListing, any Error>? in
            guard case .done(let result) = state else {
                state = .waiting(continuation)
                return nil
            }
            state = .resumed
            return result
        }
        if let result { continuation.resume(with: result) }
    }

    /// Ends the call; only the first time counts.
    func finish(_ result: Result<SourceListing, any Error>) {
        let continuation = state.withLock { state -> CheckedContinuation<SourceListing, any Error>? in
            switch state {
            case .idle:
                state = .done(result)
                return nil
            case .waiting(let continuation):
                state = .resumed
                return continuation
            case .done, .resumed:
                return nil
            }
        }
        continuation?.resume(with: result)
    }
}
