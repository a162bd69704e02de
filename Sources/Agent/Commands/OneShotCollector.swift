import Discovery
import Dispatching
import ExporterKit
import Exposition
import Logging

/// Opens, collects from and closes a list of services once, with the parts that the agent runs on.
struct OneShotCollector: Sendable {
    let factory: ExporterFactory
    let setupTimeout: Duration

    func collect(_ services: [MatchedService]) async -> (sections: [PageSection], errors: [String]) {
        let store = SnapshotStore()
        let logger = Logger(label: "muster") { _ in SwiftLogNoOpLogHandler() }
        let scheduler = CollectionScheduler(store: store, logger: logger)
        let registry = ExporterRegistry(
            configuration: .init(setupTimeout: setupTimeout),
            scheduler: scheduler,
            store: store,
            logger: logger,
            factory: { try factory.make($0) }
        )
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { await scheduler.run() }
            let failures = await withTaskGroup(of: String?.self) { setups in
                for service in services {
                    setups.addTask { await collect(service, registry, scheduler) }
                }
                return await setups.reduce(into: [String]()) { failures, failure in
                    if let failure { failures.append(failure) }
                }
            }
            let sections = store.sections()
            let errors = failures.sorted() + Self.errors(services, store)
            await registry.closeAll()
            group.cancelAll()
            return (sections, errors)
        }
    }

    /// - Returns: Why the service could not be set up, if it could not.
    private func collect(
        _ service: MatchedService,
        _ registry: ExporterRegistry,
        _ scheduler: CollectionScheduler
    ) async -> String? {
        let key = service.key.description
        do {
            let (exporter, settings) = try factory.make(service)
            try await registry.register(exporter, key: key, labels: LabelSet(service.labels), settings: settings)
            _ = await scheduler.firstCollection(of: ExporterID(key: key))
            return nil
        } catch {
            return "\(service.key): \(error)"
        }
    }

    private static func errors(_ services: [MatchedService], _ store: SnapshotStore) -> [String] {
        services.flatMap { service -> [String] in
            guard let health = store.health(service.key.description) else { return [] }
            let collectors = health.collectors.flatMap { collector in
                (collector.error.map { ["\(collector.name): \($0)"] } ?? [])
                    + collector.failingParts.map { "\($0.name): \($0.error)" }
            }
            return (collectors + health.problems.map(\.description)).map { "\(service.key): \($0)" }
        }
    }
}
