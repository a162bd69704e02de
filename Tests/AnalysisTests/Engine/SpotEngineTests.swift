import Exposition
import Testing

@testable import Analysis

@Suite("Watching series")
struct SpotEngineTests {
    @Test("A surge of a watched series is one alert that opens, and is resolved once the series is normal again")
    func surge() throws {
        var world = EngineWorld()
        var engine = try EngineWorld.engine()
        #expect(world.feed(&engine, count: 400) == [])
        var changes: [AlertChange] = []
        for _ in 0..<3 {
            world.time += world.step
            changes += engine.observe([world.sample(200)])
        }
        #expect(changes.count == 1)
        let opened = try #require(engine.openAlerts.first)
        #expect(opened.status == .up && opened.value == 200 && opened.count == 3)
        #expect(opened.stat == "connections" && opened.service == "orders")
        #expect((opened.threshold ?? 0) > 101 && (opened.threshold ?? 0) < 110)
        changes = world.feed(&engine, count: 10)
        #expect(changes.count == 1)
        guard case .resolved(let alert) = try #require(changes.first) else { throw Wrong() }
        #expect(alert.id == opened.id && alert.ending == .normal)
        #expect(engine.openAlerts.isEmpty && engine.endedAlerts == [alert])
    }

    struct Wrong: Error {}

    @Test("The first selection that matches has the series")
    func firstMatch() throws {
        var engine = try SpotEngine(selections: [
            SpotSelection(name: "disk", metric: { $0 == "bytes" }, labels: ["device": { $0.hasPrefix("sd") }]),
            SpotSelection(name: "orders", service: { $0 == "orders" }),
            SpotSelection(name: "rest", metric: { $0 != "noise" }),
        ])
        let world = EngineWorld()
        _ = engine.observe([
            world.sample(1, of: "bytes", sourceLabels: ["device": "sda"]),
            world.sample(1, of: "bytes", sourceLabels: ["device": "tmpfs"]),
            world.sample(1, of: "bytes", key: "db-2", sourceLabels: ["device": "tmpfs"], service: "mail"),
            world.sample(1, of: "noise", key: "db-2", service: "mail"),
            world.sample(1, of: "noise"),
        ])
        #expect(engine.detectorCount == 4)
        #expect(value(engine, "muster_spot_observations_total", ["selection": "disk"]) == 1)
        #expect(value(engine, "muster_spot_observations_total", ["selection": "orders"]) == 2)
        #expect(value(engine, "muster_spot_observations_total", ["selection": "rest"]) == 1)
    }

    @Test("A label that a series does not have is matched as an empty text")
    func absentLabel() throws {
        var engine = try EngineWorld.engine { $0.labels = ["mode": { $0.isEmpty }] }
        let world = EngineWorld()
        _ = engine.observe([world.sample(1), world.sample(1, sourceLabels: ["mode": "idle"])])
        #expect(engine.detectorCount == 1)
    }

    @Test("Names that no selection means are told without a sample")
    func mayWatch() throws {
        var engine = try EngineWorld.engine()
        for _ in 0..<2 {
            let answers = (engine.mayWatch(stat: "connections"), engine.mayWatch(stat: "connections_total"))
            #expect(answers == (true, false))
        }
        var nothing = try SpotEngine(selections: [])
        let mayWatch = nothing.mayWatch(stat: "connections")
        let changes = nothing.observe([EngineWorld().sample(1)])
        #expect(!mayWatch && changes.isEmpty && nothing.detectorCount == 0)
    }

    @Test("New labels of a service show in thresholds and alerts, and the detector goes on")
    func labelUpdate() throws {
        var world = EngineWorld()
        var engine = try EngineWorld.engine()
        _ = world.feed(&engine, count: 400, added: ["team": "red"])
        world.time += world.step
        let opened = engine.observe([world.sample(200, added: ["team": "red"])])
        #expect(opened.map(\.alert.labels) == [["team": "red"]])
        let resolved = world.feed(&engine, count: 20, added: ["team": "blue"])
        // The end belongs to what was said to have begun.
        #expect(resolved.map(\.alert.labels) == [["team": "red"]] && resolved.first?.alert.id == opened.first?.alert.id)
        #expect(engine.detectorCount == 1)
        #expect(engine.thresholds().map(\.series.labels) == [["team": "blue"]])
        world.time += world.step
        #expect(engine.observe([world.sample(200, added: ["team": "blue"])]).map(\.alert.labels) == [["team": "blue"]])
    }

    @Test("A series that new labels take out of its selection is watched no longer, and its alert ends")
    func deselected() throws {
        var world = EngineWorld()
        var engine = try EngineWorld.engine { $0.labels = ["team": { $0 == "red" }] }
        _ = world.feed(&engine, count: 400, added: ["team": "red"])
        world.time += world.step
        #expect(engine.observe([world.sample(200, added: ["team": "red"])]).count == 1)
        world.time += world.step
        let changes = engine.observe([world.sample(100, added: ["team": "blue"])])
        #expect(changes.map(\.alert.ending) == [.lost])
        #expect(engine.detectorCount == 0 && engine.openAlerts.isEmpty)
    }

    @Test("Series that are shown alike have alerts of their own")
    func twins() throws {
        var world = EngineWorld()
        var engine = try EngineWorld.engine()
        for _ in 0..<400 {
            world.time += world.step
            _ = engine.observe([
                world.sample(world.draws.gaussian(), key: "a"), world.sample(world.draws.gaussian(), key: "b"),
            ])
        }
        world.time += world.step
        let changes = engine.observe([world.sample(50, key: "a"), world.sample(50, key: "b")])
        #expect(changes.count == 2 && Set(changes.map(\.alert.id)).count == 2)
        #expect(engine.openAlerts.count == 2)
    }

    @Test("Beyond the bound no detectors are made, and that is counted; room that comes free is used")
    func bound() throws {
        var world = EngineWorld()
        var engine = try EngineWorld.engine(maximumDetectors: 2)
        _ = engine.advance(to: world.time)
        for _ in 0..<3 {
            world.time += world.step
            for key in ["a", "b", "c", "d"] { _ = engine.observe([world.sample(1, key: key)]) }
        }
        #expect(engine.detectorCount == 2 && engine.refusedSeriesCount == 2)
        #expect(value(engine, "muster_spot_refused_series", ["selection": "load"]) == 2)
        // The first two go silent.
        for _ in 0..<25 {
            world.time += 3_600_000
            _ = engine.advance(to: world.time)
            _ = engine.observe([world.sample(1, key: "c"), world.sample(1, key: "d")])
        }
        #expect(engine.detectorCount == 2 && engine.refusedSeriesCount == 0)
    }

    @Test("Series that were refused and are seen no more do not count for ever")
    func refusedForgotten() throws {
        let world = EngineWorld()
        var engine = try EngineWorld.engine(maximumDetectors: 0)
        _ = engine.observe([world.sample(1)])
        _ = engine.advance(to: world.time)
        #expect(engine.refusedSeriesCount == 1)
        _ = engine.advance(to: world.time + 3_600_000)
        #expect(engine.refusedSeriesCount == 0)
    }

    @Test("A detector without values goes after a day, and its open alert ends before")
    func eviction() throws {
        var world = EngineWorld()
        var engine = try EngineWorld.engine()
        _ = world.feed(&engine, count: 400)
        _ = engine.advance(to: world.time)
        world.time += world.step
        _ = engine.observe([world.sample(500)])
        let start = world.time
        #expect(engine.advance(to: start + 3_599_999).isEmpty)
        #expect(engine.advance(to: start + 3_600_000).map(\.alert.ending) == [.lost])
        #expect(engine.detectorCount == 1)
        _ = engine.advance(to: start + 86_400_000)
        #expect(engine.detectorCount == 0)
    }

    @Test("Counters are watched as rates, and what a selection says goes before that")
    func transforms() throws {
        var world = EngineWorld()
        var engine = try SpotEngine(selections: [
            SpotSelection(name: "delta", metric: { $0 == "a" }, transform: .delta, parameters: EngineWorld.quick),
            SpotSelection(name: "usual", parameters: EngineWorld.quick),
        ])
        var total = 0.0
        for _ in 0..<500 {
            world.time += world.step
            total += 600 + world.draws.gaussian()
            _ = engine.observe([
                world.sample(total, of: "a", kind: .counter), world.sample(total, of: "b", kind: .counter),
                world.sample(total, of: "c", kind: .gauge),
            ])
        }
        let thresholds = Dictionary(uniqueKeysWithValues: engine.thresholds().map { ($0.series.stat, $0.value) })
        #expect(abs((thresholds["a"] ?? 0) - 600) < 10)
        #expect(abs((thresholds["b"] ?? 0) - 10) < 0.2)
        #expect((thresholds["c"] ?? 0) > 200_000)
    }

    @Test("Thresholds are series with the labels of what is watched, and clashing labels are kept")
    func thresholdFamily() throws {
        var world = EngineWorld()
        var engine = try EngineWorld.engine { $0.parameters.down = true }
        _ = world.feed(&engine, count: 400, added: ["tail": "long", "service": "orders"])
        let family = try #require(engine.families().first { $0.name == "muster_spot_threshold" })
        #expect(family.kind == .gauge && family.metrics.count == 2)
        let expected: LabelSet = [
            "metric": "connections", "service": "orders", "tail": "up", "exported_tail": "long",
        ]
        #expect(family.metrics.first?.labels == expected)
        let snapshot = SnapshotEncoder(labels: [:]).encode(engine.families())
        #expect(snapshot.problems.isEmpty)
    }

    @Test("A parameter that cannot be used is named with its selection")
    func wrongParameters() {
        let error = #expect(throws: SpotParameterError.self) {
            try SpotEngine(selections: [SpotSelection(name: "load", parameters: SpotParameters(q: 2))])
        }
        #expect(error?.parameter == "load.q")
    }

    private func value(_ engine: SpotEngine, _ name: String, _ labels: LabelSet) -> Double? {
        let metric = engine.families().first { $0.name == name }?.metrics.first { $0.labels == labels }
        guard case .number(let number) = metric?.value else { return nil }
        return number
    }
}
