import ExportingModules
import Synchronization

/// A module that does what a test says, and notes what it was called with.
final class PlayedModule: ExportingModule {
    /// What it does when it is called.
    struct Behaviour: Sendable {
        var start: @Sendable () async throws -> Void = {}
        var write: @Sendable ([Sample]) async throws -> Delivery = { .accepted(count: $0.count) }
        var warn: @Sendable (Alert) async throws -> DeliveryOutcome = { _ in .accepted }
        var reopen: @Sendable () async throws -> Void = {}
        var close: @Sendable () async throws -> Void = {}
    }

    /// What it was called with.
    struct Log: Sendable {
        var series: [String] = []
        var starts = 0
        var writes = 0
        var samples: [Sample] = []
        var alerts: [Alert] = []
        var reopens = 0
        var closes = 0
        /// How many calls are out, and how many were at the same time at most.
        var out = 0
        var mostOut = 0
        /// Whether a call ran in a task that was cancelled when it began.
        var wasCancelled = false
    }

    static let name = "played"
    static let parameters: [ModuleParameter] = []

    let takes: RecordKinds
    let batchSize: Int
    let takesStaleness: Bool
    private let behaviour: Behaviour
    private let state = Mutex(Log())

    init(configuration: ModuleConfiguration) throws {
        (takes, batchSize, takesStaleness, behaviour) = ([.samples, .alerts], 1_000, false, Behaviour())
    }

    init(
        takes: RecordKinds = [.samples, .alerts],
        batchSize: Int = 1_000,
        takesStaleness: Bool = false,
        _ change: (inout Behaviour) -> Void = { _ in }
    ) {
        var behaviour = Behaviour()
        change(&behaviour)
        (self.takes, self.batchSize, self.takesStaleness) = (takes, batchSize, takesStaleness)
        self.behaviour = behaviour
    }

    var log: Log { state.withLock { $0 } }
    /// The values of the samples that it was given, in their order.
    var values: [Double] { log.samples.map(\.value) }

    func start(series: String) async throws {
        try await call {
            $0.starts += 1
            $0.series.append(series)
        } body: {
            try await behaviour.start()
        }
    }

    func write(time: Int64, samples: [Sample]) async throws -> Delivery {
        try await call {
            $0.writes += 1
            $0.samples += samples
        } body: {
            try await behaviour.write(samples)
        }
    }

    func warn(time: Int64, alert: Alert) async throws -> DeliveryOutcome {
        try await call {
            $0.alerts.append(alert)
        } body: {
            try await behaviour.warn(alert)
        }
    }

    func reopen() async throws {
        try await call {
            $0.reopens += 1
        } body: {
            try await behaviour.reopen()
        }
    }

    func close() async throws {
        try await call {
            $0.closes += 1
        } body: {
            try await behaviour.close()
        }
    }

    private func call<Result: Sendable>(
        _ note: (inout Log) -> Void,
        body: () async throws -> Result
    ) async throws -> Result {
        state.withLock { log in
            note(&log)
            log.out += 1
            log.mostOut = max(log.mostOut, log.out)
            if Task.isCancelled { log.wasCancelled = true }
        }
        defer { state.withLock { $0.out -= 1 } }
        return try await body()
    }
}
