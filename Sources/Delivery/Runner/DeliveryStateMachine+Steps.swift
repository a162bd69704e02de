import ExportingModules

// MARK: - What is to be done

extension DeliveryStateMachine {
    /// What is to be done next.
    mutating func next(now: Duration) -> Step {
        switch phase {
        case .ended: return .end
        case .calling(let flight): return whileCalling(flight, now)
        case .settling(let settlement):
            // Tried once in any case: what is accepted and not settled is sent twice.
            if isDrainOver(now), queue.isFailing { break }
            if let until = queue.until, until > now { return .wait(until: bounded(until)) }
            return .settle(settlement)
        case .holding(let record):
            // What is not called any more comes again after a restart.
            if isDrainOver(now) { break }
            switch record {
            case .alert: return begin(.warn, now)
            case .samples(let count): return begin(.write(count), now)
            }
        case .idle: break
        }
        phase = .idle
        return drainDeadline == nil ? whileRunning(now) : whileDraining(now)
    }

    private mutating func whileRunning(_ now: Duration) -> Step {
        guard isOpen else { return start.isDue(now) ? begin(.start, now) : .wait(until: start.until) }
        if wantsReopen {
            wantsReopen = false
            return begin(.reopen, now)
        }
        return nextRecord(now)
    }

    private mutating func whileDraining(_ now: Duration) -> Step {
        guard isOpen else { return startWhileDraining(now) }
        if isDrainOver(now) || (queue.isFailing && settings.isDurable) { return begin(.close, now) }
        if !alerts.isWanted, !samples.isWanted {
            let isOver = isIntakeOver || alerts.isOver || samples.isOver
            return isOver ? begin(.close, now) : .wait(until: drainDeadline)
        }
        return nextRecord(now)
    }

    /// A module that has not even been tried may have something to deliver. One that cannot be started is tried again only
    /// if what waits for it would be lost.
    private mutating func startWhileDraining(_ now: Duration) -> Step {
        let isHopeless = start.isFailing && settings.isDurable
        if isHopeless || isDrainOver(now) || !(alerts.isWanted || samples.isWanted) {
            end(isClosed: true)
            return .end
        }
        return start.isDue(now) ? begin(.start, now) : .wait(until: start.until.map(bounded))
    }

    /// Alerts before samples, each when its time has come.
    private func nextRecord(_ now: Duration) -> Step {
        if let until = queue.until, until > now { return .wait(until: bounded(until)) }
        if alerts.isWanted, alerts.retry.isDue(now) { return .fetchAlert }
        if samples.isWanted, samples.retry.isDue(now) { return .fetchSamples(limit: splitter.limit) }
        let due = [alerts, samples].compactMap { $0.isWanted ? $0.retry.until : nil }.min()
        return .wait(until: due.map(bounded) ?? drainDeadline)
    }

    private mutating func whileCalling(_ flight: CallInFlight, _ now: Duration) -> Step {
        if let givenUpAt = flight.givenUpAt {
            guard let drainDeadline else { return .wait(until: nil) }
            let end = max(drainDeadline, givenUpAt + settings.closeTimeout)
            if now < end, flight.call != .close { return .wait(until: end) }
            // Closing it now would be a second call beside the one that is out.
            self.end(isClosed: false)
            return .end
        }
        let isCutShort = flight.call != .close && drainDeadline.map { $0 < flight.deadline } == true
        let deadline = isCutShort ? drainDeadline ?? flight.deadline : flight.deadline
        guard now >= deadline else { return .wait(until: deadline) }
        var flight = flight
        flight.givenUpAt = now
        flight.isHung = !isCutShort
        phase = .calling(flight)
        if flight.isHung {
            news.append(.hung(flight.call))
            news.append(.failed("\(flight.call): no answer within \(settings.callTimeout)"))
        }
        return .cancelCall
    }

    private mutating func begin(_ call: Call, _ now: Duration) -> Step {
        let timeout = call == .close ? settings.closeTimeout : settings.callTimeout
        phase = .calling(CallInFlight(call: call, deadline: now + timeout))
        return .call(call)
    }

    private func isDrainOver(_ now: Duration) -> Bool {
        drainDeadline.map { $0 <= now } ?? false
    }

    private func bounded(_ moment: Duration) -> Duration {
        drainDeadline.map { min($0, moment) } ?? moment
    }
}

// MARK: - What it shows

extension DeliveryStateMachine {
    /// What the module does.
    var state: ModuleState {
        if phase == .ended { return .stopped }
        if case .calling(let flight) = phase, flight.isHung { return .hung }
        if drainDeadline != nil { return .draining }
        if failures > 0 { return .backingOff }
        return isOpen ? .running : .starting
    }

    /// How many attempts have failed one after the other.
    var failures: Int {
        max(start.failures, alerts.retry.failures, samples.retry.failures, queue.failures)
    }

    /// When something that has failed is tried again; nil if nothing waits for that.
    var nextAttempt: Duration? {
        if case .calling(let flight) = phase, flight.isHung { return nil }
        return [start.until, alerts.retry.until, samples.retry.until, queue.until].compactMap { $0 }.min()
    }
}
