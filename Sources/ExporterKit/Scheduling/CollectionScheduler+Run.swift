import Exposition
import Logging
import Synchronization

// MARK: - The loop

extension CollectionScheduler {
    /// Collects until the task is cancelled. Then cancels what runs, waits for it for at most the configured grace, and
    /// forgets all exporters; the store keeps what it has. A scheduler runs once: a second call returns at once.
    public func run() async {
        let isFirst = state.withLock { state in
            guard state.stage == .waiting else { return false }
            state.stage = .running
            return true
        }
        guard isFirst else { return }
        await withDiscardingTaskGroup { group in
            transition { state, now in state.schedule.open(now: now) }
            // Ends when the task is cancelled.
            for await _ in alarms {
                if let moment = state.withLock({ $0.nextTimer() }) {
                    group.addTask { await self.keepTime(from: moment) }
                }
            }
        }
        await end()
    }

    /// Sleeps from event to event. Of several timers the one that wakes first goes on; the others, begun when the next
    /// event was further away, end when they have nothing to do.
    private func keepTime(from first: Int64) async {
        var next: Int64? = first
        while let moment = next {
            do {
                try await time.sleep(until: .nanoseconds(moment))
            } catch {
                return
            }
            next = transition(isTimer: true) { state, now in
                if let index = state.timers.firstIndex(of: moment) { state.timers.remove(at: index) }
                return state.schedule.advance(to: now)
            }
        }
    }

    private func end() async {
        transition { state, _ in
            state.stage = .ended
            state.effects.cancelled += Array(state.tasks.values) + Array(state.announcements.values)
            return state.schedule.close()
        }
        // This task is cancelled, so it cannot wait for a point of time itself.
        let deadline = Task.detached { [time, grace] in
            try? await time.sleep(until: time.now + grace)
            let drained = self.state.withLock { state in
                state.isDrainOver = true
                return state.takeDrained()
            }
            drained?.resume()
        }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.isQuiet || state.isDrainOver { return true }
                state.drained = continuation
                return false
            }
            if isOver { continuation.resume() }
        }
        deadline.cancel()
    }
}

// MARK: - One collection

extension CollectionScheduler {
    private func collect(_ run: Schedule.Run, _ collector: any MetricCollector) async {
        let begin = (now: time.now, wall: time.wallTime)
        var batch = MetricBatch()
        var failure: String?
        do {
            // It may have been cut off before a thread was free for it.
            try Task.checkCancellation()
            try await collector.collect(into: &batch)
        } catch {
            failure = BoundedText.text(of: error)
        }
        let end = (now: time.now, wall: time.wallTime)
        // From here on it counts, or it was too late.
        let member = state.withLock { $0.schedule.claim(run) ? $0.members[run.exporter] : nil }
        if let member {
            let duration = end.now - begin.now
            let outcome: CollectionOutcome
            if let failure {
                outcome = CollectionOutcome(.failed(failure), duration: duration, end: end.now, wallEnd: end.wall)
            } else {
                let encoder = BatchEncoder(labels: member.labels, sampleLimit: member.settings.sampleLimit)
                outcome = encoder.encode(batch, duration: duration, end: end.now, wallEnd: end.wall)
            }
            let (change, joinProblems) = member.snapshots.record(outcome, of: run.collector)
            let ended = SchedulerState.EndedCollection(
                run: run,
                member: member,
                begin: begin.wall,
                outcome: outcome,
                families: failure == nil ? batch.goodFamilies : [],
                change: change,
                joinProblems: joinProblems
            )
            note(ended)
            if let onCollection {
                transition { state, now in
                    state.firstEnded(run.exporter, run.collector, now: time.now)
                    return state.schedule.release(run, now: now)
                }
                await onCollection(ended.batch)
            }
        } else {
            await state.withLock { $0.announcements[run.number] }?.value
        }
        transition { state, now in
            state.tasks[run.number] = nil
            state.endIfQuiet()
            if member != nil {
                state.firstEnded(run.exporter, run.collector, now: time.now)
            } else {
                state.members[run.exporter]?.snapshots.markBack(run.collector)
            }
            return state.schedule.finish(run, now: now)
        }
    }

    /// A collection has passed its timeout: it failed, whatever it still does.
    private func giveUp(_ run: Schedule.Run, _ state: inout SchedulerState) {
        guard let member = state.members[run.exporter], !member.isStopping else { return }
        let timeout = member.settings.timeout(of: member.collectors[run.collector])
        let outcome = CollectionOutcome(
            .failed("timed out after \(timeout)"),
            duration: timeout,
            end: time.now,
            wallEnd: time.wallTime
        )
        let (change, joinProblems) = member.snapshots.record(outcome, of: run.collector)
        let ended = SchedulerState.EndedCollection(
            run: run,
            member: member,
            begin: outcome.wallEnd - timeout,
            outcome: outcome,
            isTimeout: true,
            change: change,
            joinProblems: joinProblems
        )
        state.effects.ended.append(ended)
        if let onCollection {
            // The collection may never come back, so its own task cannot tell. If it does, it waits for this one.
            state.announcements[run.number] = Task.detached {
                await onCollection(ended.batch)
                self.transition { state, _ in
                    state.announcements[run.number] = nil
                    state.endIfQuiet()
                    return []
                }
            }
        }
        state.firstEnded(run.exporter, run.collector, now: outcome.end)
    }

    /// Counts and logs that a collection has ended.
    private func note(_ ended: SchedulerState.EndedCollection) {
        metrics?.count(ended.outcome, ended.joinProblems, isTimeout: ended.isTimeout)
        report(ended.change, ended.run, ended.collector.name)
    }

    private func report(_ change: CollectorSnapshot.Change, _ run: Schedule.Run, _ collector: String) {
        guard let logger else { return }
        let metadata: Logger.Metadata = ["exporter": "\(run.exporter)", "collector": "\(collector)"]
        switch change {
        case .none: break
        case .failing(let error):
            logger.warning("Collection fails", metadata: metadata.merging(["error": "\(error)"]) { $1 })
        case .recovered:
            logger.info("Collection works again", metadata: metadata)
        }
    }
}

// MARK: - Transitions and what follows from them

extension CollectionScheduler {
    /// Changes the state and does what follows. Returns the point of time that a timer is to wait for, if it asks.
    @discardableResult
    func transition(
        isTimer: Bool = false,
        _ change: (inout SchedulerState, Int64) -> [Schedule.Action]
    ) -> Int64? {
        let (effects, next) = state.withLock { state -> (SchedulerState.Effects, Int64?) in
            let actions = change(&state, time.now.boundedNanoseconds)
            for action in actions { apply(action, &state) }
            let next = isTimer ? state.nextTimer() : nil
            if !isTimer, state.needsTimer() { state.effects.wakesTimer = true }
            return (state.takeEffects(), next)
        }
        for task in effects.cancelled { task.cancel() }
        for ended in effects.ended { note(ended) }
        for (continuation, answer) in effects.answered { continuation.resume(returning: answer) }
        for continuation in effects.resumed { continuation.resume() }
        if effects.wakesTimer { alarm.yield() }
        return next
    }

    private func apply(_ action: Schedule.Action, _ state: inout SchedulerState) {
        switch action {
        case .start(let run):
            guard let collector = state.members[run.exporter]?.collectors[run.collector] else { return }
            // Not a child of a task group: a group waits for its children, and a collector that ignores its
            // cancellation must be left behind. `tasks` owns it instead.
            state.tasks[run.number] = Task.detached { await self.collect(run, collector) }
        case .cancel(let run):
            if let task = state.tasks[run.number] { state.effects.cancelled.append(task) }
            if let task = state.announcements[run.number] { state.effects.cancelled.append(task) }
        case .expire(let run):
            if let task = state.tasks[run.number] { state.effects.cancelled.append(task) }
            giveUp(run, &state)
        case .hang(let run):
            state.members[run.exporter]?.snapshots.markHung(run.collector)
            state.firstHung(run.exporter, now: time.now)
        case .stopped(let id):
            state.forget(id)
        }
    }
}
