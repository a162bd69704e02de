import Analysis
import Glibc

/// What it costs to judge one value with SPOT, level 0.98, 200 values of the tail kept.
func analysisBenchmarks() throws {
    Report.heading("SPOT")
    let count = 400_000
    for (name, draw) in distributions {
        var generator = Generator(state: 7)
        let data = (0..<count).map { _ in draw(&generator) }
        var spot = try SpotDetector(SpotParameters(depth: 0))
        for value in data { keep(spot.step(value).status) }
        Report.time("a step, \(name)", steps(&spot, data), per: count, "step", budget: 250)
        var drifting = try SpotDetector(SpotParameters(depth: 50))
        for value in data { keep(drifting.step(value).status) }
        Report.time("a step less a moving mean, \(name)", steps(&drifting, data), per: count, "step", budget: 250)
        try refits(name, data)
    }
}

/// Only values of the tail: each of them refits it.
private func refits(_ name: String, _ data: [Double]) throws {
    var spot = try SpotDetector(SpotParameters(depth: 0, policy: .discard))
    for value in data[..<100_000] { keep(spot.step(value).status) }
    guard let summary = spot.summary(of: .up), let threshold = summary.anomalyThreshold else { return }
    let tail = data.filter { $0 > summary.excessThreshold && $0 < threshold }
    Report.time("a refit, \(name)", steps(&spot, tail), per: tail.count, "refit", budget: 6_000)
}

private func steps(_ spot: inout SpotDetector, _ data: [Double]) -> Measurement {
    Measurement(rounds: 5) {
        var excesses = 0
        for value in data where spot.step(value).status == .excess { excesses += 1 }
        return excesses
    }
}

private let distributions: [(String, @Sendable (inout Generator) -> Double)] = [
    ("normal", { (-2 * log($0.uniform())).squareRoot() * cos(2 * .pi * $0.uniform()) }),
    ("exponential", { -log($0.uniform()) }),
    ("Pareto", { 1 / $0.uniform().squareRoot() }),
]
