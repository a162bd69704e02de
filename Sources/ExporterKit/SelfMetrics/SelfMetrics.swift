public import Exposition
import Synchronization

/// The metrics that a program keeps about itself.
///
/// ```swift
/// let metrics = SelfMetrics()
/// let polls = metrics.counter("muster_polls_total", "Polls that ended.")
/// polls.increment(labels: ["source": "local"])
/// page.add(metrics.families())
/// ```
/// Instruments may be used from any thread. Asking for an instrument again gives the same one.
public final class SelfMetrics: Sendable {
    private enum Instrument: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(Histogram)
    }

    private struct Entry: Sendable {
        var help: String
        var instrument: Instrument
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var readers: [@Sendable () -> [MetricFamily]] = []
    }

    private let state = Mutex(State())

    /// Creates a registry without instruments.
    public init() {}

    /// A counter. If the name belongs to an instrument of another kind, the counter works but is not shown.
    ///
    /// - Parameters:
    ///   - name: The name, with `_total`.
    ///   - help: One line for people.
    ///   - seriesLimit: How many label sets it may have; what comes after that gets the label `overflow="true"`.
    public func counter(_ name: String, _ help: String, seriesLimit: Int = 1_000) -> Counter {
        let made = Counter(seriesLimit: seriesLimit)
        let kept = register(name, help, .counter(made))
        if case .counter(let counter) = kept { return counter }
        return made
    }

    /// A gauge. If the name belongs to an instrument of another kind, the gauge works but is not shown.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - help: One line for people.
    ///   - seriesLimit: How many label sets it may have; what comes after that gets the label `overflow="true"`.
    public func gauge(_ name: String, _ help: String, seriesLimit: Int = 1_000) -> Gauge {
        let made = Gauge(seriesLimit: seriesLimit)
        let kept = register(name, help, .gauge(made))
        if case .gauge(let gauge) = kept { return gauge }
        return made
    }

    /// A histogram. If the name belongs to an instrument of another kind, the histogram works but is not shown.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - help: One line for people.
    ///   - buckets: The inclusive upper bounds, without the infinite one.
    ///   - seriesLimit: How many label sets it may have; what comes after that gets the label `overflow="true"`.
    public func histogram(
        _ name: String,
        _ help: String,
        buckets: [Double] = Histogram.durationBuckets,
        seriesLimit: Int = 100
    ) -> Histogram {
        let made = Histogram(buckets: buckets, seriesLimit: seriesLimit)
        let kept = register(name, help, .histogram(made))
        if case .histogram(let histogram) = kept { return histogram }
        return made
    }

    /// Adds families that are worked out each time they are asked for. `read` runs in ``families()``; it must be quick.
    public func onRead(_ read: @escaping @Sendable () -> [MetricFamily]) {
        state.withLock { $0.readers.append(read) }
    }

    /// What all instruments show now, by name. Instruments that have no series yet are left out.
    public func families() -> [MetricFamily] {
        let (entries, readers) = state.withLock { ($0.entries, $0.readers) }
        let own = entries.map { name, entry in
            switch entry.instrument {
            case .counter(let counter):
                MetricFamily(name: name, kind: .counter, help: entry.help, metrics: counter.metrics)
            case .gauge(let gauge):
                MetricFamily(name: name, kind: .gauge, help: entry.help, metrics: gauge.metrics)
            case .histogram(let histogram):
                MetricFamily(name: name, kind: .histogram, help: entry.help, metrics: histogram.metrics)
            }
        }
        return (own + readers.flatMap { $0() }).filter { !$0.metrics.isEmpty }.sorted { $0.name < $1.name }
    }

    private func register(_ name: String, _ help: String, _ instrument: Instrument) -> Instrument {
        state.withLock { state in
            if let entry = state.entries[name] { return entry.instrument }
            state.entries[name] = Entry(help: help, instrument: instrument)
            return instrument
        }
    }
}
