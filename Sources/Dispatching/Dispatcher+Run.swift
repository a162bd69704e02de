import Discovery
import ExporterKit
import Synchronization

extension Dispatcher {
    /// Polls until the task is cancelled; then asks for every exporter to be closed, waits for that within the
    /// configured time, and ends the streams. Call it once.
    public func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.keepTime() }
            for (index, poller) in pollers.enumerated() {
                group.addTask { await self.keepPolling(index) }
                if let changes = sources[index].changes {
                    group.addTask {
                        for await _ in changes { poller.signal() }
                    }
                }
            }
        }
        await shutDown()
    }

    private func shutDown() async {
        perform { $0.shutDown(at: $1) }
        // Says to the consumer that what it still opens is not wanted any more.
        finishRegistrations()
        let deadline = time.now + configuration.shutdownTimeout
        // The task is cancelled already, so the waiting happens in one that is not.
        await Task.detached { [self] in
            while !state.withLock({ $0.table.isDrained }), time.now < deadline {
                await drain.wait(until: deadline, by: time)
            }
        }.value
        finishStreams()
    }

    /// Sleeps until the table's next deadline, or until there is an earlier one.
    private func keepTime() async {
        while !Task.isCancelled {
            await timer.wait(until: state.withLock { $0.table.nextDeadline }, by: time)
            if Task.isCancelled { return }
            perform { $0.tick(at: $1) }
        }
    }

    /// Polls at once, then once an interval at this agent's phase, and whenever it is woken. Ticks that were missed
    /// because a poll was slow are skipped.
    private func keepPolling(_ source: Int) async {
        let attempt = PollAttempt()
        while !Task.isCancelled {
            await poll(source, attempt)
            await pollers[source].wait(until: PollPhase.next(after: time.now, configuration), by: time)
        }
    }

    /// Polls once, within the poll's deadline.
    ///
    /// A callback that ignores cancellation cannot be stopped. It is left alone, its source counts as failed and hung,
    /// and no second one is started before it has come back: callbacks never pile up.
    private func poll(_ source: Int, _ attempt: PollAttempt) async {
        let callback = sources[source].poll
        guard attempt.begin() else {
            perform { table, now in
                table.pollStarted(source, at: now)
                table.setHung(source, true)
                return table.pollFailed(source, error: "an earlier poll has not come back yet", at: now)
            }
            return
        }
        perform { table, now in
            table.pollStarted(source, at: now)
            table.setHung(source, false)
            return []
        }
        let deadline = time.now + configuration.pollTimeout
        let (results, sink) = AsyncStream<Result<[MatchedService], any Error>>.makeStream()
        // Not a child: a child that never returns would keep this loop, and the shutdown, waiting for ever.
        let task = Task.detached {
            let result: Result<[MatchedService], any Error>
            do { result = .success(try await callback()) } catch { result = .failure(error) }
            attempt.end()
            sink.yield(result)
            sink.finish()
        }
        let result = await firstResult(of: results, until: deadline)
        task.cancel()
        if Task.isCancelled { return }
        perform { table, now in
            switch result {
            case .success(let list): table.pollSucceeded(source, list, at: now)
            case .failure(let error): table.pollFailed(source, error: "\(error)", at: now)
            case nil:
                table.pollFailed(source, error: "no answer within \(configuration.pollTimeout)", at: now)
            }
        }
    }

    private func firstResult(
        of results: AsyncStream<Result<[MatchedService], any Error>>,
        until deadline: Duration
    ) async -> Result<[MatchedService], any Error>? {
        let time = time
        return await withTaskGroup(of: Result<[MatchedService], any Error>?.self) { group in
            group.addTask {
                for await result in results { return result }
                return nil
            }
            group.addTask {
                try? await time.sleep(until: deadline)
                return nil
            }
            let first = await group.next()
            group.cancelAll()
            return first.flatMap(\.self)
        }
    }
}
