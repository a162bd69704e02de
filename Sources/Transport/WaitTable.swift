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
        /// The waiter was taken out and may be put back.
        var isStepping = false
        var isCancelled = false

        func isAlive(_ token: UInt32) -> Bool { self.token == token && (waiter != nil || isStepping) }
    }

    private struct Wait {
        var descriptor: Int32
        var token: UInt32
    }

    /// By descriptor: they are small numbers. One stays here after its wait, because it stays in the epoll set until it is
    /// forgotten or closed.
    private var entries: [Entry?] = []
    private var deadlines = DeadlineHeap<Wait>()
    /// Waits that are looked at again without their descriptors being ready.
    private var pauses = DeadlineHeap<Wait>()
    private var lastToken: UInt32 = 0

    /// How many wait.
    private(set) var waiterCount = 0

    /// When something is due next. It may belong to a wait that has ended: waking for it does no harm.
    var nextDeadline: Duration? {
        guard let pause = pauses.first?.deadline else { return deadlines.first?.deadline }
        return deadlines.first.map { min($0.deadline, pause) } ?? pause
    }

    /// How many deadlines are kept, those of ended waits included.
    var deadlineCount: Int { deadlines.count }

    /// Whether somebody waits for a descriptor, or works on it.
    func isWaiting(for descriptor: Int32) -> Bool {
        entry(descriptor).map { $0.isAlive($0.token) } ?? false
    }

    mutating func makeToken() -> UInt32 {
        lastToken &+= 1
        return lastToken
    }

    /// Parks a waiter. Nobody else may be waiting for the descriptor.
    mutating func park(
        _ waiter: Waiter,
        for descriptor: Int32,
        token: UInt32,
        until deadline: Duration
    ) -> Arming {
        let index = Int(descriptor)
        if index >= entries.count {
            entries.append(contentsOf: repeatElement(nil, count: index - entries.count + 1))
        }
        let isKnown = entries[index] != nil
        entries[index] = Entry(token: token, waiter: waiter)
        waiterCount += 1
        if deadlines.count > 2 * waiterCount + 64 {
            let entries = entries
            deadlines.compact { entries[Int($0.id.descriptor)]?.isAlive($0.id.token) ?? false }
        }
        deadlines.push(Wait(descriptor: descriptor, token: token), at: deadline)
        return isKnown ? .modify : .add
    }

    /// Takes out the waiter of a token for good.
    mutating func take(_ descriptor: Int32, token: UInt32) -> Waiter? {
        guard let entry = entry(descriptor), entry.token == token, let waiter = entry.waiter else { return nil }
        entries[Int(descriptor)]?.waiter = nil
        waiterCount -= 1
        return waiter
    }

    /// Takes out the waiter of a token whose descriptor is ready, for work after which it either goes or waits on.
    /// ``endStep(_:token:)`` must follow.
    mutating func beginStep(_ descriptor: Int32, token: UInt32) -> Waiter? {
        guard let entry = entry(descriptor), entry.token == token, let waiter = entry.waiter else { return nil }
        entries[Int(descriptor)] = Entry(token: token, waiter: nil, isStepping: true)
        return waiter
    }

    /// What has become of a wait during the work.
    enum StepEnd {
        case goesOn
        case cancelled
        /// The descriptor was forgotten.
        case gone
    }

    /// Ends the work. If it goes on, and is wanted to, ``resumeWaiting(_:for:)`` must follow at once.
    mutating func endStep(_ descriptor: Int32, token: UInt32) -> StepEnd {
        guard let entry = entry(descriptor), entry.token == token, entry.isStepping else { return .gone }
        entries[Int(descriptor)]?.isStepping = false
        waiterCount -= 1
        return entry.isCancelled ? .cancelled : .goesOn
    }

    /// Puts a waiter back after its work, with the token and the deadline that it has.
    mutating func resumeWaiting(_ waiter: Waiter, for descriptor: Int32) {
        entries[Int(descriptor)]?.waiter = waiter
        waiterCount += 1
    }

    /// Puts a waiter back after its work, to be looked at again at a certain time.
    mutating func pause(_ waiter: Waiter, for descriptor: Int32, token: UInt32, until moment: Duration) {
        resumeWaiting(waiter, for: descriptor)
        pauses.push(Wait(descriptor: descriptor, token: token), at: moment)
    }

    /// The waits whose pause is over.
    mutating func endPauses(at now: Duration) -> [(descriptor: Int32, token: UInt32)] {
        var over: [(descriptor: Int32, token: UInt32)] = []
        while let first = pauses.first, first.deadline <= now {
            _ = pauses.popFirst()
            over.append((first.id.descriptor, first.id.token))
        }
        return over
    }

    /// Takes out the waiter of a token because its task was cancelled. One that is at work is told at its end.
    mutating func cancel(_ descriptor: Int32, token: UInt32) -> Waiter? {
        if let waiter = take(descriptor, token: token) { return waiter }
        if let entry = entry(descriptor), entry.token == token, entry.isStepping {
            entries[Int(descriptor)]?.isCancelled = true
        }
        return nil
    }

    /// Takes out every waiter whose deadline has come.
    mutating func expire(at now: Duration) -> [Waiter] {
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
        guard let entry = entry(descriptor) else { return (false, nil) }
        entries[Int(descriptor)] = nil
        if entry.isAlive(entry.token) { waiterCount -= 1 }
        return (true, entry.waiter)
    }

    /// Forgets everything.
    mutating func removeAll() -> [Waiter] {
        let waiters = entries.compactMap { $0?.waiter }
        entries = []
        deadlines = DeadlineHeap()
        pauses = DeadlineHeap()
        waiterCount = 0
        return waiters
    }

    private func entry(_ descriptor: Int32) -> Entry? {
        let index = Int(descriptor)
        return index >= 0 && index < entries.count ? entries[index] : nil
    }
}
