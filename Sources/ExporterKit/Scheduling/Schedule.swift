import HeapModule

/// Decides which collector runs when: the state machine under ``CollectionScheduler``. It starts nothing and knows no
/// clock; its transitions are told the time, in nanoseconds, and return what is to be done.
///
/// A collector is *idle* until it is due; then *queued*, behind those that were due before it, and before that *waiting*
/// while another collector of an exclusive exporter is on; then *running*. A run that comes back in time is *publishing*
/// while its result is worked on, and *announcing*, without a place, while others take the result over. One that passes its deadline is *expired*: it is cancelled, gives its place to others,
/// and when it still has not come back after the grace it is *hung*. Only after it has come back is its collector idle.
struct Schedule {
    private let limit: Int
    private let seed: UInt64
    private let grace: Int64

    private var isOpen = false
    private var handles: [ExporterID: Int] = [:]
    private var exporters: [Int: Exporter] = [:]
    private var collectors: [Int: Collector] = [:]
    private var events = Heap<Event>()
    /// Those whose last run ended in time, and those whose did not. The latter get half of the places at most, so that
    /// a network that swallows everything cannot keep the services that answer waiting.
    private var fresh = Fifo<Entry>()
    private var suspects = Fifo<Entry>()
    private var placesTaken = 0
    private var placesTakenBySuspects = 0
    private var lastHandle = 0
    private var lastSlot = 0
    private var lastToken: UInt64 = 0
    private var lastRun: UInt64 = 0

    /// How many points of time have passed at which a collector was due but not yet back from the time before.
    private(set) var skippedCount: UInt64 = 0

    /// Creates an empty schedule, closed.
    ///
    /// - Parameters:
    ///   - limit: How many collections run at the same time.
    ///   - seed: Moves all phases.
    ///   - grace: How long to wait for what was cancelled, in nanoseconds.
    init(limit: Int, seed: UInt64 = 0, grace: Int64) {
        self.limit = max(limit, 1)
        self.seed = seed
        self.grace = max(grace, 0)
    }
}

// MARK: - Transitions

extension Schedule {
    /// Lets collections begin.
    mutating func open(now: Int64) -> [Action] {
        isOpen = true
        var actions: [Action] = []
        dispatch(now, &actions)
        return actions
    }

    /// Forgets everything and starts nothing any more. Returns the runs that are to be cancelled.
    mutating func close() -> [Action] {
        isOpen = false
        let actions = collectors.sorted { $0.key < $1.key }.compactMap { slot, collector -> Action? in
            guard let run = run(of: slot, collector) else { return nil }
            return .cancel(run)
        }
        let ids = exporters.sorted { $0.key < $1.key }.map { Action.stopped($0.value.id) }
        (handles, exporters, collectors, events) = ([:], [:], [:], Heap())
        (fresh, suspects, placesTaken, placesTakenBySuspects) = (Fifo(), Fifo(), 0, 0)
        return actions + ids
    }

    /// Adds an exporter; all its collectors are due at once. Does nothing if it is there.
    mutating func add(_ id: ExporterID, plans: [Plan], isExclusive: Bool, now: Int64) -> [Action] {
        guard handles[id] == nil else { return [] }
        lastHandle += 1
        let slots = lastSlot + 1..<lastSlot + 1 + plans.count
        lastSlot += plans.count
        handles[id] = lastHandle
        exporters[lastHandle] = Exporter(id: id, slots: slots, isExclusive: isExclusive)
        for (index, slot) in slots.enumerated() {
            let interval = max(plans[index].interval, 1)
            collectors[slot] = Collector(
                exporter: lastHandle,
                index: index,
                plan: Plan(interval: interval, timeout: max(plans[index].timeout, 1)),
                offset: PhaseOffset.nanoseconds(key: id.key, seed: seed, interval: interval),
                wantedSince: now
            )
        }
        return collect(id, now: now)
    }

    /// Makes all collectors of an exporter due now; those that run, once more when they are back.
    mutating func collect(_ id: ExporterID, now: Int64) -> [Action] {
        guard let handle = handles[id], let exporter = exporters[handle], !exporter.isStopping else { return [] }
        for slot in exporter.slots {
            guard let collector = collectors[slot] else { continue }
            if collector.phase == .idle {
                enqueue(slot, now)
            } else if collector.phase.run != nil {
                collectors[slot]?.isWantedAgain = true
            }
        }
        var actions: [Action] = []
        dispatch(now, &actions)
        return actions
    }

    /// Stops an exporter: what does not run is forgotten, what runs is cancelled and waited for until the grace is over.
    mutating func remove(_ id: ExporterID, now: Int64) -> [Action] {
        guard let handle = handles[id], var exporter = exporters[handle], !exporter.isStopping else { return [] }
        var actions: [Action] = []
        exporter.isStopping = true
        for slot in exporter.slots {
            guard let collector = collectors[slot] else { continue }
            if let run = run(of: slot, collector) {
                exporter.runsOut += 1
                actions.append(.cancel(run))
            } else {
                collectors[slot] = nil
            }
        }
        exporters[handle] = exporter
        if exporter.runsOut == 0 {
            forget(handle, &actions)
        } else {
            let token = makeToken()
            exporters[handle]?.token = token
            events.insert(Event(at: now + grace, token: token, subject: handle, isExporter: true))
        }
        dispatch(now, &actions)
        return actions
    }

    /// Says that a run has come back, and asks whether its result counts: false if it was too late or is not wanted any
    /// more. From here on it cannot expire. ``finish(_:now:)`` must follow in any case.
    mutating func claim(_ run: Run) -> Bool {
        guard let collector = collectors[run.slot], collector.phase == .running(run.number),
            exporters[collector.exporter]?.isStopping == false
        else { return false }
        let token = makeToken()
        collectors[run.slot]?.phase = .publishing(run.number)
        collectors[run.slot]?.token = token
        return true
    }

    /// Says that the result of a claimed run is in the store: others get its place. It is still out until
    /// ``finish(_:now:)``.
    mutating func release(_ run: Run, now: Int64) -> [Action] {
        guard let collector = collectors[run.slot], collector.phase == .publishing(run.number) else { return [] }
        releasePlace(of: collector)
        collectors[run.slot]?.isSuspect = false
        collectors[run.slot]?.phase = .announcing(run.number)
        var actions: [Action] = []
        dispatch(now, &actions)
        return actions
    }

    /// Says that a run is over.
    mutating func finish(_ run: Run, now: Int64) -> [Action] {
        guard var collector = collectors[run.slot], collector.phase.run == run.number,
            let isStopping = exporters[collector.exporter]?.isStopping
        else { return [] }
        var actions: [Action] = []
        if collector.phase.takesPlace {
            releasePlace(of: collector)
            collector.isSuspect = false
        }
        collector.phase = .idle
        collectors[run.slot] = isStopping ? nil : collector
        if isStopping {
            returned(to: collector.exporter, &actions)
        } else {
            leave(run.slot, now)
        }
        dispatch(now, &actions)
        return actions
    }

    /// Moves on to a point of time.
    mutating func advance(to now: Int64) -> [Action] {
        var actions: [Action] = []
        while let event = events.min, event.at <= now {
            events.removeMin()
            if event.isExporter {
                if exporters[event.subject]?.token == event.token { forget(event.subject, &actions) }
            } else if let collector = collectors[event.subject], collector.token == event.token {
                happen(event, to: collector, now, &actions)
            }
        }
        dispatch(now, &actions)
        return actions
    }
}

// MARK: - Questions

extension Schedule {
    /// When ``advance(to:)`` is to be called next.
    mutating func nextEvent() -> Int64? {
        while let event = events.min, !isValid(event) { events.removeMin() }
        return events.min?.at
    }

    /// How many collections there are of which kind.
    var counts: Counts {
        var counts = Counts(exporters: exporters.count, collectors: collectors.count)
        for collector in collectors.values {
            switch collector.phase {
            case .idle: break
            case .waiting, .queued: counts.queued += 1
            case .running, .publishing, .announcing: counts.running += 1
            case .expired, .hung: counts.hung += 1
            }
        }
        return counts
    }

    /// How many events wait, those included that do not count any more.
    var eventCount: Int { events.count }
}

// MARK: - Steps

extension Schedule {
    private mutating func happen(_ event: Event, to collector: Collector, _ now: Int64, _ actions: inout [Action]) {
        let slot = event.subject
        switch collector.phase {
        case .idle:
            enqueue(slot, event.at)
        case .running(let number):
            releasePlace(of: collector)
            collectors[slot]?.isSuspect = true
            collectors[slot]?.phase = .expired(number)
            schedule(slot, at: now + grace)
            if let run = run(of: slot, collector) { actions.append(.expire(run)) }
        case .expired(let number):
            collectors[slot]?.phase = .hung(number)
            if let run = run(of: slot, collector) { actions.append(.hang(run)) }
        case .waiting, .queued, .publishing, .announcing, .hung:
            break
        }
    }

    /// Puts an idle collector where it waits for its turn.
    private mutating func enqueue(_ slot: Int, _ since: Int64) {
        guard var collector = collectors[slot], let exporter = exporters[collector.exporter] else { return }
        collector.token = makeToken()
        collector.wantedSince = since
        if exporter.isExclusive, exporter.occupant != nil {
            collector.phase = .waiting
            collectors[slot] = collector
            exporters[collector.exporter]?.waiting.append(slot)
            return
        }
        if exporter.isExclusive { exporters[collector.exporter]?.occupant = slot }
        queue(slot, &collector)
    }

    private mutating func queue(_ slot: Int, _ collector: inout Collector) {
        collector.phase = .queued
        collector.token = makeToken()
        collectors[slot] = collector
        let entry = Entry(slot: slot, token: collector.token)
        if collector.isSuspect { suspects.append(entry) } else { fresh.append(entry) }
    }

    /// A collector has become idle: the next of its exporter may go, and its own next time is fixed.
    private mutating func leave(_ slot: Int, _ now: Int64) {
        guard let collector = collectors[slot] else { return }
        let (interval, offset) = (collector.plan.interval, collector.offset)
        let ticks = Self.tick(now, interval, offset) - Self.tick(min(collector.wantedSince, now), interval, offset)
        skippedCount &+= UInt64(max(ticks, 0))
        if exporters[collector.exporter]?.isExclusive == true {
            exporters[collector.exporter]?.occupant = nil
            if let next = exporters[collector.exporter]?.waiting.popFirst(), var waiting = collectors[next] {
                exporters[collector.exporter]?.occupant = next
                queue(next, &waiting)
            }
        }
        if collector.isWantedAgain {
            collectors[slot]?.isWantedAgain = false
            enqueue(slot, now)
        } else {
            schedule(slot, at: (Self.tick(now, interval, offset) + 1) * interval + offset)
        }
    }

    private mutating func dispatch(_ now: Int64, _ actions: inout [Action]) {
        while isOpen, placesTaken < limit, let slot = popQueued(), let collector = collectors[slot] {
            lastRun += 1
            placesTaken += 1
            if collector.isSuspect { placesTakenBySuspects += 1 }
            collectors[slot]?.phase = .running(lastRun)
            schedule(slot, at: now + collector.plan.timeout)
            if let started = collectors[slot], let run = run(of: slot, started) { actions.append(.start(run)) }
        }
    }

    private mutating func popQueued() -> Int? {
        while let entry = fresh.first, !isValid(entry) { _ = fresh.popFirst() }
        while let entry = suspects.first, !isValid(entry) { _ = suspects.popFirst() }
        let suspect = placesTakenBySuspects < max(limit / 2, 1) ? suspects.first : nil
        if let suspect, suspect.token < fresh.first?.token ?? .max { return suspects.popFirst()?.slot }
        return fresh.popFirst()?.slot
    }

    private mutating func releasePlace(of collector: Collector) {
        placesTaken -= 1
        if collector.isSuspect { placesTakenBySuspects -= 1 }
    }

    /// A run of an exporter that is stopping has come back.
    private mutating func returned(to handle: Int, _ actions: inout [Action]) {
        exporters[handle]?.runsOut -= 1
        if exporters[handle]?.runsOut == 0 { forget(handle, &actions) }
    }

    private mutating func forget(_ handle: Int, _ actions: inout [Action]) {
        guard let exporter = exporters.removeValue(forKey: handle) else { return }
        handles[exporter.id] = nil
        for slot in exporter.slots {
            guard let collector = collectors.removeValue(forKey: slot) else { continue }
            if collector.phase.takesPlace { releasePlace(of: collector) }
        }
        actions.append(.stopped(exporter.id))
    }

    /// Sets the one event that counts for a collector.
    private mutating func schedule(_ slot: Int, at time: Int64) {
        let token = makeToken()
        collectors[slot]?.token = token
        events.insert(Event(at: time, token: token, subject: slot, isExporter: false))
        // Events that do not count any more are mostly dropped when their time comes, which may be far away.
        if events.count > 64 + 2 * (collectors.count + exporters.count) {
            events = Heap(events.unordered.filter(isValid))
        }
    }

    private func isValid(_ event: Event) -> Bool {
        if event.isExporter { return exporters[event.subject]?.token == event.token }
        guard let collector = collectors[event.subject] else { return false }
        return collector.token == event.token && collector.phase.hasEvent
    }

    private func isValid(_ entry: Entry) -> Bool {
        guard let collector = collectors[entry.slot] else { return false }
        return collector.token == entry.token && collector.phase == .queued
    }

    private func run(of slot: Int, _ collector: Collector) -> Run? {
        guard let number = collector.phase.run, let exporter = exporters[collector.exporter] else { return nil }
        return Run(number: number, exporter: exporter.id, collector: collector.index, slot: slot)
    }

    private mutating func makeToken() -> UInt64 {
        lastToken += 1
        return lastToken
    }

    /// How many intervals have passed at a point of time, in the phase.
    private static func tick(_ time: Int64, _ interval: Int64, _ offset: Int64) -> Int64 {
        let (quotient, remainder) = (time - offset).quotientAndRemainder(dividingBy: interval)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
