import Analysis
import Exposition
import TestSupport

/// Samples of made-up series, a minute apart.
struct EngineWorld {
    var draws: Draws
    var time: Int64 = 1_750_000_000_000
    var step: Int64 = 60_000

    init(seed: UInt64 = 1) {
        draws = Draws(seed: seed)
    }

    /// One sample of a series at the present time.
    func sample(
        _ value: Double,
        of stat: String = "connections",
        key: String = "db-1",
        sourceLabels: LabelSet = [:],
        added: [String: String] = [:],
        service: String = "orders",
        kind: MetricKind = .gauge
    ) -> SpotObservation {
        var labels = sourceLabels
        for (name, value) in added { labels[name] = value }
        return SpotObservation(
            key: key,
            stat: stat,
            sourceLabels: sourceLabels,
            labels: labels,
            service: service,
            kind: kind,
            value: value,
            time: time
        )
    }

    /// Gives a series so many Gaussian values around 100, and says what changed.
    mutating func feed(
        _ engine: inout SpotEngine,
        count: Int,
        stat: String = "connections",
        key: String = "db-1",
        added: [String: String] = [:]
    ) -> [AlertChange] {
        var changes: [AlertChange] = []
        for _ in 0..<count {
            time += step
            changes += engine.observe([sample(100 + draws.gaussian(), of: stat, key: key, added: added)])
        }
        return changes
    }

    static let quick = SpotParameters(depth: 10, initialCount: 200, level: 0.9)

    /// An engine with one selection of the series `connections`.
    static func engine(
        _ change: (inout SpotSelection) -> Void = { _ in },
        maximumDetectors: Int = 100
    ) throws -> SpotEngine {
        var selection = SpotSelection(name: "load", metric: { $0 == "connections" }, parameters: quick)
        change(&selection)
        return try SpotEngine(selections: [selection], maximumDetectors: maximumDetectors)
    }
}
