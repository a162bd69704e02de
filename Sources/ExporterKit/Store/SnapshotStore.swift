public import Exposition
import Synchronization

/// Holds what each exporter collected last, and how it is.
///
/// An exporter that is added stays hidden until it takes over; so while an exporter is replaced, every page shows the
/// old one or the new one, never both and never neither. ``CollectionScheduler`` fills it.
public final class SnapshotStore: Sendable {
    /// The exporters of one key.
    private struct Service {
        /// By generation.
        var exporters: [ExporterSnapshots] = []
        var visible: ExporterSnapshots?

        func exporter(_ id: ExporterID) -> ExporterSnapshots? {
            exporters.first { $0.id.generation == id.generation }
        }
    }

    private struct State {
        var services: [String: Service] = [:]
        /// What pages show, by key. A page copies the reference and walks it without the lock.
        var shown: [ExporterSnapshots] = []

        /// Where a key is or would be among what is shown.
        func position(of key: String) -> Int {
            var range = shown.startIndex..<shown.endIndex
            while !range.isEmpty {
                let middle = range.lowerBound + range.count / 2
                if shown[middle].id.key < key {
                    range = middle + 1..<range.upperBound
                } else {
                    range = range.lowerBound..<middle
                }
            }
            return range.lowerBound
        }
    }

    /// The clocks that ages go by.
    public let time: TimeSource
    private let state = Mutex(State())

    /// Creates an empty store.
    public init(time: TimeSource = TimeSource()) {
        self.time = time
    }

    /// Adds an exporter, hidden until ``takeOver(_:)``. Does nothing if it is there already.
    public func add(_ id: ExporterID, labels: LabelSet) {
        _ = ensure(id, labels: labels)
    }

    /// Changes the labels of an exporter. Samples carry them from the next collection on.
    public func update(_ id: ExporterID, labels: LabelSet) {
        exporter(id)?.labels = labels
    }

    /// Makes an exporter the one of its key that pages show, in one step.
    ///
    /// The one that was shown until now is hidden and stays in the store until ``remove(_:)``.
    ///
    /// - Returns: Whether it is shown now: false if it is not in the store, or one of a later generation is shown.
    @discardableResult
    public func takeOver(_ id: ExporterID) -> Bool {
        state.withLock { state in
            guard let service = state.services[id.key], let next = service.exporter(id) else { return false }
            let position = state.position(of: id.key)
            if let visible = service.visible {
                guard visible.id.generation <= id.generation else { return false }
                state.shown[position] = next
            } else {
                state.shown.insert(next, at: position)
            }
            state.services[id.key]?.visible = next
            return true
        }
    }

    /// Removes an exporter. Its series are in no page that is begun after this.
    public func remove(_ id: ExporterID) {
        state.withLock { state in
            guard var service = state.services[id.key] else { return }
            service.exporters.removeAll { $0.id == id }
            if service.visible?.id == id {
                service.visible = nil
                state.shown.remove(at: state.position(of: id.key))
            }
            state.services[id.key] = service.exporters.isEmpty ? nil : service
        }
    }

    /// What a page shows: one section for each exporter that has taken over, in the order of their keys, with the last
    /// good samples of each part that are not stale.
    ///
    /// - Parameter now: The time by ``time``; nil for now.
    public func sections(now: Duration? = nil) -> [PageSection] {
        let now = now ?? time.now
        return state.withLock { $0.shown }.map { $0.section(now: now) }
    }

    /// How the exporter of a key is: the one that is shown, or else the latest. Nil if there is none.
    public func health(_ key: String, now: Duration? = nil) -> ServiceHealth? {
        let (exporter, isVisible) = state.withLock { state in
            let service = state.services[key]
            return (service?.visible ?? service?.exporters.last, service?.visible != nil)
        }
        return exporter?.health(now: now ?? time.now, isVisible: isVisible)
    }

    /// How an exporter is; nil if it is not in the store.
    public func health(of id: ExporterID, now: Duration? = nil) -> ServiceHealth? {
        let (exporter, isVisible) = state.withLock { state in
            let service = state.services[id.key]
            return (service?.exporter(id), service?.visible?.id == id)
        }
        return exporter?.health(now: now ?? time.now, isVisible: isVisible)
    }

    /// The numbers of all exporters that are shown, in the order of their keys.
    public func vitals(now: Duration? = nil) -> [ServiceVitals] {
        let now = now ?? time.now
        return state.withLock { $0.shown }.map { $0.vitals(now: now) }
    }
}

extension SnapshotStore {
    /// The exporter's snapshots, which are made if it is new.
    func ensure(_ id: ExporterID, labels: LabelSet) -> ExporterSnapshots {
        state.withLock { state in
            var service = state.services[id.key] ?? Service()
            if let exporter = service.exporter(id) { return exporter }
            let exporter = ExporterSnapshots(id: id, labels: labels)
            service.exporters.append(exporter)
            service.exporters.sort { $0.id.generation < $1.id.generation }
            state.services[id.key] = service
            return exporter
        }
    }

    private func exporter(_ id: ExporterID) -> ExporterSnapshots? {
        state.withLock { $0.services[id.key]?.exporter(id) }
    }
}
