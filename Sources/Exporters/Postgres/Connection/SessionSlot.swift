import PostgresClient
import Synchronization
import Transport

/// Holds the one session of an exporter, and gives it to one task at a time.
final class SessionSlot: Sendable {
    private struct Waiter {
        var id: UInt64
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var session: ServerSession?
        var isTaken = false
        var isClosed = false
        var waiters: [Waiter] = []
        var lastID: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Takes the session out, as soon as nobody else has it. Follow it by ``putBack(_:)``.
    ///
    /// - Returns: The session; nil if there is none, because it was never opened or was lost.
    /// - Throws: `PostgresError` after ``close()``; `TransportError` at the deadline; `CancellationError`.
    func take(until deadline: ContinuousClock.Instant) async throws -> ServerSession? {
        if let taken = try tryToTake() { return taken.session }
        return try await withThrowingTaskGroup(of: Taken?.self) { group in
            group.addTask { try await self.waitAndTake() }
            group.addTask {
                try await Task.sleep(until: deadline, clock: .continuous)
                return nil
            }
            let first = await group.nextResult()
            group.cancelAll()
            if case .success(let taken?) = first { return taken.session }
            // It may have been taken just when time was up or the task was cancelled: then it goes back.
            while let late = await group.nextResult() {
                if case .success(let taken?) = late { putBack(taken.session) }
            }
            _ = try first?.get()
            throw TransportError(code: .timedOut, message: "timed out waiting for the connection")
        }
    }

    /// Gives the session back; nil if it was lost.
    func putBack(_ session: ServerSession?) {
        let (next, closing) = state.withLock { state -> (Waiter?, ServerSession?) in
            state.isTaken = false
            if state.isClosed { return (nil, session) }
            state.session = session
            return (state.waiters.isEmpty ? nil : state.waiters.removeFirst(), nil)
        }
        closing?.connection.finish()
        next?.continuation.resume()
    }

    /// Closes the session, or sees to it that it is closed when it is given back.
    func close() {
        let (session, waiters) = state.withLock { state -> (ServerSession?, [Waiter]) in
            state.isClosed = true
            defer {
                state.session = nil
                state.waiters = []
            }
            return (state.session, state.waiters)
        }
        session?.connection.finish()
        for waiter in waiters { waiter.continuation.resume(throwing: PostgresError.closed) }
    }

    private struct Taken: Sendable {
        var session: ServerSession?
    }

    private func tryToTake() throws -> Taken? {
        try state.withLock { state in
            if state.isClosed { throw PostgresError.closed }
            if state.isTaken { return nil }
            state.isTaken = true
            defer { state.session = nil }
            return Taken(session: state.session)
        }
    }

    private func waitAndTake() async throws -> Taken {
        while true {
            if let taken = try tryToTake() { return taken }
            try await waitForTurn()
        }
    }

    private func waitForTurn() async throws {
        let id = state.withLock { state in
            state.lastID &+= 1
            return state.lastID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let mayGo = state.withLock { state in
                    guard state.isTaken, !state.isClosed else { return true }
                    state.waiters.append(Waiter(id: id, continuation: continuation))
                    return false
                }
                if mayGo { continuation.resume() }
                // A cancellation that came before parking found nobody to wake.
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func cancel(_ id: UInt64) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume(throwing: CancellationError())
    }
}

extension PostgresError {
    /// The exporter was closed while it was used.
    static let closed = PostgresError(code: .closed, message: "the exporter is closed")
}
