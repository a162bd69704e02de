public import Exposition
import Synchronization

/// Holds what each exporter collected last, and how it is.
public final class SnapshotStore: Sendable {
    /// The clocks that ages go by.
    public let time: TimeSource

    /// Creates an empty store.
    public init(time: TimeSource = TimeSource()) {
        self.time = time
    }

    /// Adds an exporter, hidden until ``takeOver(_:)``. Does nothing if it is there already.
    public func add(_ id: ExporterID, labels: LabelSet) {}

    /// Changes the labels of an exporter. Samples carry them from the next collection on.
    public func update(_ id: ExporterID, labels: LabelSet) {}

    /// Makes an exporter the one of its key that pages show, in one step.
    ///
    /// The one that was shown until now is hidden and stays in the store until ``remove(_:)``.
    ///
    /// - Returns: Whether it is shown now: false if it is not in the store, or one of a later generation is shown.
    @discardableResult
    public func takeOver(_ id: ExporterID) -> Bool { false }

    /// Removes an exporter.
    public func remove(_ id: ExporterID) {}

    // `sections(now: Duration? = nil) -> [PageSection]` follows with PageSection.

    /// How the exporter of a key is: the one that is shown, or else the latest.
    public func health(_ key: String, now: Duration? = nil) -> ServiceHealth? { nil }

    /// How an exporter is.
    public func health(of id: ExporterID, now: Duration? = nil) -> ServiceHealth? { nil }

    /// The numbers of all exporters that are shown, in key order.
    public func vitals(now: Duration? = nil) -> [ServiceVitals] { [] }
}
