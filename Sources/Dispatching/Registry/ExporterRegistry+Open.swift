import Discovery
public import ExporterKit
public import Exposition
import Logging
import Synchronization

extension ExporterRegistry {
    /// Opens an exporter without any discovery, collects from it and puts it on the page.
    ///
    /// - Parameters:
    ///   - exporter: The exporter. Once its setup has begun it is closed: by ``unregister(key:)`` or ``closeAll()``, or
    ///     before this throws.
    ///   - key: Tells it from the others; it decides when its collectors run.
    ///   - labels: What every sample carries.
    ///   - settings: How its collectors are run.
    /// - Throws: ``ExporterRegistryError`` if the key is taken or its setup takes too long; else what its setup throws.
    public func register(
        _ exporter: any Exporter,
        key: String,
        labels: LabelSet,
        settings: CollectionSettings = .standard
    ) async throws {
        let id = ExporterID(key: key)
        guard store.health(key) == nil else {
            throw ExporterRegistryError(message: "\"\(key)\" is registered already")
        }
        try await setUp(exporter, key: key)
        let isFree = state.withLock { state in
            guard state.byHand[key] == nil else { return false }
            state.byHand[key] = Open(id: id, exporter: exporter)
            return true
        }
        guard isFree else {
            await close(exporter, key: key)
            throw ExporterRegistryError(message: "\"\(key)\" is registered already")
        }
        start(id, exporter, settings, labels)
        store.takeOver(id)
    }

    /// Closes an exporter that was registered by hand; does nothing if there is none.
    public func unregister(key: String) async {
        guard let open = state.withLock({ $0.byHand.removeValue(forKey: key) }) else { return }
        await stopAndClose(open)
    }

    func open(_ registration: Registration, for dispatcher: Dispatcher) async {
        do {
            try await open(registration)
            dispatcher.registered(registration.generation)
        } catch {
            dispatcher.registrationFailed(registration.generation, error: "\(error)")
        }
    }

    private func open(_ registration: Registration) async throws {
        let id = ExporterID(key: registration.service.key.description, generation: registration.generation)
        try checkThatItMayOpen(id.key)
        guard await limit.enter() else { throw CancellationError() }
        let exporter: any Exporter
        let settings: CollectionSettings
        do {
            defer { limit.leave() }
            (exporter, settings) = try await make(registration.service)
            try await setUp(exporter, key: id.key)
        }
        start(id, exporter, settings, LabelSet(registration.service.labels))
        if registration.replaces != nil, await !scheduler.firstCollection(of: id) {
            let reason = store.health(of: id)?.lastError
            await stopAndClose(Open(id: id, exporter: exporter))
            if Task.isCancelled { throw CancellationError() }
            throw ExporterRegistryError(message: reason ?? "its first collection did not reach the service")
        }
        state.withLock { $0.open[registration.generation] = Open(id: id, exporter: exporter) }
        store.takeOver(id)
    }

    private func checkThatItMayOpen(_ key: String) throws {
        let (isTaken, hung) = state.withLock { ($0.byHand[key] != nil, $0.hungSetups[key] ?? 0) }
        if isTaken { throw ExporterRegistryError(message: "\"\(key)\" is registered by hand already") }
        if hung >= Self.maximumHungSetups {
            throw ExporterRegistryError(message: "\(hung) earlier setups have not come back yet")
        }
    }

    /// Makes an exporter within the timeout of setups, since the factory is somebody else's code too.
    private func make(
        _ service: MatchedService
    ) async throws -> (exporter: any Exporter, settings: CollectionSettings) {
        let factory = factory
        let outcome = await Attempt.run(within: configuration.setupTimeout, by: time) {
            let (exporter, settings) = try await factory(service)
            return Made(exporter: exporter, settings: settings)
        } ifLate: { _ in
        }
        switch outcome {
        case .finished(let result):
            let made = try result.get()
            return (made.exporter, made.settings)
        case .timedOut:
            throw ExporterRegistryError(message: "making it took longer than \(configuration.setupTimeout)")
        case .cancelled:
            throw CancellationError()
        }
    }

    private struct Made: Sendable {
        var exporter: any Exporter
        var settings: CollectionSettings
    }

    private func start(
        _ id: ExporterID,
        _ exporter: any Exporter,
        _ settings: CollectionSettings,
        _ labels: LabelSet
    ) {
        scheduler.start(
            id,
            collectors: exporter.collectors,
            settings: settings,
            labels: labels,
            exclusive: exporter.collectsExclusively
        )
    }

    /// Sets an exporter up within the timeout. If it throws, the exporter has been closed, or will be as soon as its
    /// setup comes back.
    private func setUp(_ exporter: any Exporter, key: String) async throws {
        state.withLock { $0.counts.created += 1 }
        let begin = time.now
        let outcome = await Attempt.run(within: configuration.setupTimeout, by: time) {
            try await exporter.setUp()
        } ifLate: { [self] _ in
            // This task was cancelled with the setup; closing needs one that was not.
            await Task.detached { await exporter.close() }.value
            state.withLock { state in
                state.counts.closed += 1
                state.countHungSetup(of: key, by: -1)
            }
        }
        var failure: (any Error)?
        switch outcome {
        case .finished(.success):
            break
        case .finished(.failure(let error)):
            failure = error
            await close(exporter, key: key)
        case .timedOut:
            failure = ExporterRegistryError(message: "its setup took longer than \(configuration.setupTimeout)")
            abandonSetup(of: key)
        case .cancelled:
            failure = CancellationError()
            abandonSetup(of: key)
        }
        setupDurations?.observe(time.now - begin, labels: ["result": failure == nil ? "ok" : "failed"])
        state.withLock { state in
            if failure == nil { state.counts.setups += 1 } else { state.counts.failedSetups += 1 }
        }
        if let failure { throw failure }
    }

    private func abandonSetup(of key: String) {
        state.withLock { state in
            state.counts.abandonedSetups += 1
            state.countHungSetup(of: key, by: 1)
        }
    }
}
