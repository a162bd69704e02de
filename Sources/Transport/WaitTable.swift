/// Who waits for which descriptor: the reactor's bookkeeping, without the system calls.
///
/// Every wait gets a token. The kernel hands it back with the event, so that an event of an earlier wait, or of an
/// earlier file that had the same number, is told apart and dropped.
struct WaitTable<Waiter> {
    /// What the kernel must be told about a descriptor.
    enum Arming: Equatable {
        /// It is not in the epoll set, as far as is known.
        case add
        /// It is in the set, disarmed.
        case modify
    }

    private struct Entry {
        var token: UInt32
        var waiter: Waiter?
    }

    private struct Wait {
        var descriptor: Int32
        var token: UInt32
    }

    /// A descriptor stays here after its wait, because it stays in the epoll set until it is forgotten or closed.
    private var entries: [Int32: Entry] = [:]
    private var deadlines = DeadlineHeap<Wait>()
    private var lastToken: UInt32 = 0

    /// How many wait.
    private(set) var waiterCount = 0

    /// The earliest deadline. It may belong to a wait that has ended: waking for it does no harm.
    var nextDeadline: ContinuousClock.Instant? { deadlines.first?.deadline }

    /// How many deadlines are kept, those of ended waits included.
    var deadlineCount: Int { deadlines.count }

    /// Whether somebody waits for a descriptor.
    func isWaiting(for descriptor: Int32) -> Bool { entries[descriptor]?.waiter != nil }

    mutating func makeToken() -> UInt32 {
        lastToken &+= 1
        return lastToken
    }

    /// Parks a waiter. Nobody else may be waiting for the descriptor.
    mutating func park(
        _ waiter: Waiter,
        for descriptor: Int32,
        token: UInt32,
        until deadline: ContinuousClock.Instant
    ) -> Arming {
        let isKnown = entries.updateValue(Entry(token: token, waiter: waiter), forKey: descriptor) != nil
        waiterCount += 1
        if deadlines.count > 2 * waiterCount + 64 {
            let entries = entries
            deadlines.compact { wait in
                entries[wait.id.descriptor].map { $0.token == wait.id.token && $0.waiter != nil } ?? false
            }
        }
        deadlines.push(Wait(descriptor: descriptor, token: token), at: deadline)
        return isKnown ? .modify : .add
    }

    /// Takes out the waiter of a token: its descriptor is ready, or its task was cancelled.
    mutating func take(_ descriptor: Int32, token: UInt32) -> Waiter? {
        guard let entry = entries[descriptor], entry.token == token, let waiter = entry.waiter else { return nil }
        entries[descriptor]?.waiter = nil
        waiterCount -= 1
        return waiter
    }

    /// Takes out every waiter whose deadline has come.
    mutating func expire(at now: ContinuousClock.Instant) -> [Waiter] {
        var expired: [Waiter] = []
        while let first = deadlines.first, first.deadline <= now {
            _ = deadlines.popFirst()
            if let waiter = take(first.id.descriptor, token: first.id.token) { expired.append(waiter) }
        }
        return expired
    }

    /// Forgets a descriptor that is about to be closed.
    ///
    /// - Returns: Whether it was known, thus may be in the epoll set, and who waited for it.
    mutating func forget(_ descriptor: Int32) -> (isKnown: Bool, waiter: Waiter?) {
        guard let entry = entries.removeValue(forKey: descriptor) else { return (false, nil) }
        if entry.waiter != nil { waiterCount -= 1 }
        return (true, entry.waiter)
    }

    /// Forgets everything.
    mutating func removeAll() -> [Waiter] {
        let waiters = entries.values.compactMap(\.waiter)
        entries = [:]
        deadlines = DeadlineHeap()
        waiterCount = 0
        return waiters
    }
}
