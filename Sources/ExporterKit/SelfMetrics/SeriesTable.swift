import Exposition
import Synchronization

/// The values of one instrument by label set: at most a fixed number of them, so that labels that come from outside
/// cannot fill the memory. What comes after that is gathered under the label `overflow="true"`.
final class SeriesTable<Value: Sendable>: Sendable {
    static var overflow: LabelSet { ["overflow": "true"] }

    private let limit: Int
    private let initial: Value
    private let values: Mutex<[LabelSet: Value]>

    init(limit: Int, initial: Value) {
        self.limit = max(limit, 1)
        self.initial = initial
        values = Mutex([:])
    }

    func update(_ labels: LabelSet, _ change: (inout Value) -> Void) {
        values.withLock { values in
            // One series is kept free for the overflow.
            let fits = values.count < limit || values[labels] != nil
            change(&values[fits ? labels : Self.overflow, default: initial])
        }
    }

    func remove(_ labels: LabelSet) {
        values.withLock { _ = $0.removeValue(forKey: labels) }
    }

    func read(_ labels: LabelSet) -> Value {
        values.withLock { $0[labels] } ?? initial
    }

    /// All values, in the order of their labels.
    var sorted: [(labels: LabelSet, value: Value)] {
        values.withLock { $0.map { (labels: $0.key, value: $0.value) } }
            .sorted { $0.labels.labels.lexicographicallyPrecedes($1.labels.labels) }
    }
}
