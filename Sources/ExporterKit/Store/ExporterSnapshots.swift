import Exposition
import Synchronization

/// What one exporter collected last. It has a lock of its own, so that thousands of exporters do not wait for each other.
final class ExporterSnapshots: Sendable {
    private static let keptProblems = 20

    private struct State {
        var labels: LabelSet
        var collectors: [CollectorSnapshot] = []
        var isUsed = false
        /// What pages show; up to date until `expiry`.
        var families: [EncodedFamily] = []
        /// The labels that are in every line of them. Not `labels`: after those have changed, parts that fail go on to
        /// show lines with the old ones.
        var commonLabels: LabelSet = [:]
        var expiry: Duration?
        /// In which order the families of all parts were joined last.
        var order: [Int32] = []
        /// What got lost when parts were joined.
        var problems: [SampleProblem] = []
        var droppedSamples: UInt64 = 0

        mutating func rebuild(now: Duration) {
            for index in collectors.indices { collectors[index].dropStale(now: now) }
            let joiner = FamilyJoiner(collectors.flatMap { $0.parts.map(\.families) }, order: &order)
            families = joiner.families
            commonLabels = Self.commonLabels(of: collectors)
            problems = joiner.problems
            expiry = collectors.lazy.compactMap { $0.nextExpiry(after: now) }.min()
        }

        private static func commonLabels(of collectors: [CollectorSnapshot]) -> LabelSet {
            var common: LabelSet?
            for part in collectors.lazy.flatMap(\.parts) where !part.families.isEmpty && part.labels != common {
                common = common.map { LabelSet($0.labels.filter(part.labels.labels.contains)) } ?? part.labels
            }
            return common ?? [:]
        }
    }

    let id: ExporterID
    private let state: Mutex<State>

    init(id: ExporterID, labels: LabelSet) {
        self.id = id
        state = Mutex(State(labels: labels))
    }

    /// Sets the collectors, once.
    func prepare(_ plans: [CollectorPlan]) {
        state.withLock { state in
            if state.isUsed { return }
            state.isUsed = true
            state.collectors = plans.map(CollectorSnapshot.init)
        }
    }

    var labels: LabelSet {
        get { state.withLock { $0.labels } }
        set { state.withLock { $0.labels = newValue } }
    }

    /// Takes in what a collection came to. Returns what changed, and which samples got lost when parts were joined.
    func record(_ outcome: CollectionOutcome, of collector: Int) -> (CollectorSnapshot.Change, [SampleProblem]) {
        state.withLock { state in
            guard state.collectors.indices.contains(collector) else { return (.none, []) }
            let change = state.collectors[collector].record(outcome)
            state.rebuild(now: outcome.end)
            for problem in state.problems { state.droppedSamples &+= UInt64(max(problem.count, 0)) }
            return (change, state.problems)
        }
    }

    func markHung(_ collector: Int) {
        state.withLock { state in
            if state.collectors.indices.contains(collector) { state.collectors[collector].isHung = true }
        }
    }

    func markBack(_ collector: Int) {
        state.withLock { state in
            if state.collectors.indices.contains(collector) { state.collectors[collector].isHung = false }
        }
    }

    func section(now: Duration) -> PageSection {
        state.withLock { state in
            if let expiry = state.expiry, now >= expiry { state.rebuild(now: now) }
            return PageSection(id: id.key, labels: state.commonLabels, families: state.families)
        }
    }

    func vitals(now: Duration) -> ServiceVitals {
        state.withLock { Self.vitals(id, $0, now) }
    }

    func health(now: Duration, isVisible: Bool) -> ServiceHealth {
        state.withLock { state in
            if let expiry = state.expiry, now >= expiry { state.rebuild(now: now) }
            let failing = state.collectors.lazy.compactMap { collector in
                collector.currentError.map { (error: $0, end: collector.lastEnd ?? .zero) }
            }
            let joined = state.problems.prefix(Self.keptProblems).map(CollectorSnapshot.bounded)
            return ServiceHealth(
                vitals: Self.vitals(id, state, now),
                isVisible: isVisible,
                lastError: failing.max { $0.end < $1.end }.map { BoundedText.text($0.error) },
                collectors: state.collectors.map { $0.health(now: now) },
                problems: state.collectors.flatMap(\.problems) + joined,
                droppedSamples: state.collectors.reduce(state.droppedSamples) { $0 &+ $1.droppedSamples }
            )
        }
    }

    private static func vitals(_ id: ExporterID, _ state: State, _ now: Duration) -> ServiceVitals {
        let base = state.collectors.lazy.filter(\.plan.isBase)
        let successEnd = state.collectors.lazy.compactMap(\.successEnd).max()
        return ServiceVitals(
            id: id,
            labels: state.labels,
            up: base.contains { $0.isUp(now: now) },
            lastDuration: base.compactMap(\.lastDuration).max(),
            lastCollection: state.collectors.lazy.compactMap(\.lastWallEnd).max(),
            lastSuccess: state.collectors.lazy.compactMap(\.successWallEnd).max(),
            age: successEnd.map { now - $0 },
            errorCount: state.collectors.reduce(0) { $0 &+ $1.errorCount },
            sampleCount: state.families.reduce(0) { $0 + $1.sampleCount }
        )
    }
}
