/// Which exchanges may run now: at most so many together, and so many with one host; the others wait in their order, and
/// hosts with many of them do not hold up the others.
struct HTTPAdmission {
    private struct Host {
        var running = 0
        var waiting: [UInt64] = []
        /// The index of the first that waits.
        var head = 0
        /// It is in the queue of hosts.
        var isQueued = false
    }

    private let maximum: Int
    private let maximumPerHost: Int
    private var hosts: [String: Host] = [:]
    /// The host of each exchange that runs or waits, and whether it runs.
    private var known: [UInt64: (host: String, isRunning: Bool)] = [:]
    /// Hosts for which something waits and could run, one turn each.
    private var turns: [String] = []
    private var firstTurn = 0
    private(set) var runningCount = 0

    init(maximum: Int, maximumPerHost: Int) {
        self.maximum = maximum
        self.maximumPerHost = maximumPerHost
    }

    /// How many run or wait.
    var count: Int { known.count }

    /// An exchange wants to run.
    ///
    /// - Returns: Whether it may, now. Otherwise a later call of ``leave(_:)`` lets it in.
    mutating func enter(_ id: UInt64, host name: String) -> Bool {
        if runningCount < maximum, (hosts[name]?.running ?? 0) < maximumPerHost {
            hosts[name, default: Host()].running += 1
            runningCount += 1
            known[id] = (name, true)
            return true
        }
        hosts[name, default: Host()].waiting.append(id)
        known[id] = (name, false)
        queue(name)
        return false
    }

    /// An exchange has ended, or waits no more.
    ///
    /// - Returns: The exchanges that may run now instead.
    mutating func leave(_ id: UInt64) -> [UInt64] {
        guard let (name, isRunning) = known.removeValue(forKey: id) else { return [] }
        guard isRunning else {
            // It stays in the list of its host, and is passed over there.
            removeIfIdle(name)
            return []
        }
        runningCount -= 1
        hosts[name]?.running -= 1
        queue(name)
        removeIfIdle(name)
        return letIn()
    }

    private mutating func letIn() -> [UInt64] {
        var admitted: [UInt64] = []
        while runningCount < maximum, firstTurn < turns.count {
            let name = turns[firstTurn]
            firstTurn += 1
            hosts[name]?.isQueued = false
            if let id = next(of: name) {
                known[id]?.isRunning = true
                hosts[name]?.running += 1
                runningCount += 1
                admitted.append(id)
                queue(name)
            }
            removeIfIdle(name)
        }
        if firstTurn > 64, firstTurn * 2 > turns.count {
            turns.removeFirst(firstTurn)
            firstTurn = 0
        }
        return admitted
    }

    /// Takes the first that still waits out of a host's list.
    private mutating func next(of name: String) -> UInt64? {
        guard let host = hosts[name], host.running < maximumPerHost else { return nil }
        var head = host.head
        defer { dropTaken(head, of: name) }
        while head < host.waiting.count {
            let id = host.waiting[head]
            head += 1
            if known[id] != nil { return id }
        }
        return nil
    }

    private mutating func dropTaken(_ head: Int, of name: String) {
        hosts[name]?.head = head
        guard let count = hosts[name]?.waiting.count, head == count || (head > 64 && head * 2 > count) else { return }
        hosts[name]?.waiting.removeFirst(head)
        hosts[name]?.head = 0
    }

    /// Gives a host a turn, if it has something to do with it.
    private mutating func queue(_ name: String) {
        guard let host = hosts[name], !host.isQueued, host.head < host.waiting.count, host.running < maximumPerHost
        else { return }
        hosts[name]?.isQueued = true
        turns.append(name)
    }

    private mutating func removeIfIdle(_ name: String) {
        guard let host = hosts[name], host.running == 0, !host.isQueued, host.head >= host.waiting.count else { return }
        hosts[name] = nil
    }
}
