import Exposition
import TestSupport
import Testing

@testable import Analysis

@Suite("Storing what an engine knows")
struct SpotEngineStoringTests {
    @Test("An engine that was stored goes on as if nothing had happened", arguments: [5, 150, 300, 800, 1003, 1300])
    func continues(moment: Int) throws {
        var world = EngineWorld()
        world.step = 600_000
        var engine = try Self.engine()
        feed(&world, &engine, moment)
        let states = engine.dirtyStates(limit: 100)
        #expect(states.count == 2)
        var restored = try Self.engine()
        let report = restored.restore(states, at: world.time)
        #expect(report.restoredCount == 2 && report.droppedCount == 0 && report.changes.isEmpty)
        #expect(restored.openAlerts == engine.openAlerts)
        #expect(Set(restored.thresholds()) == Set(engine.thresholds()))
        var other = world
        let first = feed(&world, &engine, 2500)
        let second = feed(&other, &restored, 2500)
        #expect(first == second && first.count > 0)
        #expect(Set(restored.thresholds()) == Set(engine.thresholds()))
    }

    @Test("Each state is returned once after each change, those with a changed alert first")
    func dirty() throws {
        var world = EngineWorld()
        var engine = try EngineWorld.engine()
        for index in 0..<400 {
            world.time += world.step
            var batch: [SpotObservation] = []
            for key in 0..<20 { batch.append(world.sample(world.draws.gaussian(), key: "\(key)")) }
            _ = engine.observe(batch)
            if index % 50 == 0 { #expect(engine.dirtyStates(limit: 20).count == 20) }
        }
        _ = engine.dirtyStates(limit: 20)
        #expect(engine.dirtyStates(limit: 20).isEmpty)
        world.time += world.step
        _ = engine.observe((0..<20).map { world.sample($0 == 13 ? 99 : 0, key: "\($0)") })
        #expect(engine.dirtyStates(limit: 1).map(\.identity) == [#"["13","connections"]"#])
        let rest = engine.dirtyStates(limit: 15) + engine.dirtyStates(limit: 15)
        #expect(Set(rest.map(\.identity)).count == 19 && rest.count == 19)
        engine.markUnsaved()
        #expect(engine.dirtyStates(limit: 100).count == 20)
    }

    @Test("The states of detectors that went are named once, unless their series has come back")
    func removed() throws {
        var world = EngineWorld()
        var engine = try EngineWorld.engine()
        _ = engine.advance(to: world.time)
        _ = engine.observe([world.sample(1, key: "a"), world.sample(1, key: "b")])
        world.time += 86_400_000
        _ = engine.advance(to: world.time)
        #expect(engine.detectorCount == 0)
        _ = engine.observe([world.sample(1, key: "b")])
        #expect(engine.removedIdentities() == [#"["a","connections"]"#])
        #expect(engine.removedIdentities().isEmpty)
    }

    @Test("A state for which the configuration has changed is dropped and counted, and its alert ends")
    func otherParameters() throws {
        var world = EngineWorld()
        var engine = try EngineWorld.engine()
        _ = world.feed(&engine, count: 400)
        world.time += world.step
        #expect(engine.observe([world.sample(500)]).count == 1)
        let states = engine.dirtyStates(limit: 10)
        for (change, reason) in [
            ({ (selection: inout SpotSelection) in selection.parameters.depth = 11 }, .otherParameters),
            ({ $0.baseline = .hourOfWeek }, .otherParameters), ({ $0.transform = .rate }, .otherParameters),
            ({ $0.metric = { $0 == "other" } }, .notSelected),
        ] as [((inout SpotSelection) -> Void, SpotRestoreReport.Reason)] {
            var other = try EngineWorld.engine(change)
            let report = other.restore(states, at: world.time)
            #expect(report.restoredCount == 0 && report.dropped == [reason: 1])
            #expect(report.changes.map(\.alert.ending) == [.lost] && other.endedAlerts.count == 1)
            #expect(other.detectorCount == 0)
            // Kept, it would end its alert again in the next run.
            #expect(other.removedIdentities().count == 1)
        }
        var full = try EngineWorld.engine(maximumDetectors: 0)
        #expect(full.restore(states, at: world.time).dropped == [.noRoom: 1])
        var late = try EngineWorld.engine()
        #expect(late.restore(states, at: world.time + 86_400_000).dropped == [.tooOld: 1])
        var twice = try EngineWorld.engine()
        #expect(twice.restore(states + states, at: world.time).dropped == [.known: 1])
    }

    @Test("Bytes that are cut, changed, of another version or of another series are dropped and counted")
    func damaged() throws {
        var world = EngineWorld()
        world.step = 600_000
        var engine = try Self.engine()
        feed(&world, &engine, 1203)
        let state = try #require(engine.dirtyStates(limit: 1).first)
        func reason(_ bytes: [UInt8], _ identity: String = state.identity) throws -> [SpotRestoreReport.Reason: Int] {
            var other = try Self.engine()
            return other.restore([(identity, bytes)], at: world.time).dropped
        }
        #expect(try reason(state.bytes) == [:])
        #expect(try reason(state.bytes, "[]") == [.damaged: 1])
        #expect(try reason([2] + state.bytes.dropFirst()) == [.unknownVersion: 1])
        for count in [0, 1, 5, 9, state.bytes.count - 1] {
            #expect(try reason(Array(state.bytes.prefix(count))) == [.damaged: 1])
        }
        #expect(try reason(state.bytes + [0]) == [.damaged: 1])
    }

    @Test("Whatever the bytes are, reading them ends in a state or an error")
    func anyBytes() throws {
        var world = EngineWorld()
        world.step = 600_000
        var engine = try Self.engine()
        feed(&world, &engine, 1203)
        let body = Array(try #require(engine.dirtyStates(limit: 1).first).bytes.dropFirst(9))
        var generator = SeededGenerator(seed: 9)
        var accepted = 0
        for _ in 0..<4000 {
            var bytes = body
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[.random(in: bytes.indices, using: &generator)] = .random(in: .min ... .max, using: &generator)
            }
            if Bool.random(using: &generator) { bytes.removeLast(.random(in: 0..<bytes.count, using: &generator)) }
            guard let stored = try? StoredSeries(body: bytes[...]), var detector = try? SpotDetector(stored.detector)
            else {
                continue
            }
            accepted += 1
            // What was accepted works, and never gives nonsense.
            for value in [0, 1e6, -1e6, 100.5] {
                let step = detector.step(value)
                #expect((0...1).contains(step.probability ?? 0))
            }
        }
        #expect(accepted > 0)
    }

    @Test("Numbers of any size come back as they were")
    func numbers() throws {
        var writer = StateWriter()
        let unsigned: [UInt64] = [0, 1, 127, 128, 16_383, 16_384, .max]
        let signed: [Int64] = [0, -1, 1, 63, -64, 64, .min, .max]
        let doubles: [Double] = [0, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude]
        for number in unsigned { writer.write(unsigned: number) }
        for number in signed { writer.write(signed: number) }
        writer.write(doubles)
        writer.write("žluť")
        var reader = StateReader(writer.bytes[...])
        for number in unsigned { #expect(try reader.unsigned() == number) }
        for number in signed { #expect(try reader.signed() == number) }
        #expect(try reader.numbers().map(\.bitPattern) == doubles.map(\.bitPattern))
        #expect(try reader.text() == "žluť" && reader.remaining == 0)
        var endless = StateReader(([UInt8](repeating: 0xFF, count: 11))[...])
        #expect(throws: StoredStateError.damaged) { try endless.unsigned() }
        var many = StateReader([0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 1, 2, 3][...])
        #expect(throws: StoredStateError.damaged) { try many.numbers() }
    }

    @Test("A detector with netspot's defaults is stored in less than 2.6 kB")
    func size() throws {
        var world = EngineWorld()
        var engine = try SpotEngine(selections: [SpotSelection(name: "all")])
        _ = world.feed(&engine, count: 20_000)
        let state = try #require(engine.dirtyStates(limit: 1).first)
        #expect(state.bytes.count < 2600)
    }

    @Test("Alerts of an earlier run are remembered before those of this one, within the bound")
    func ended() throws {
        var world = EngineWorld()
        var engine = try EngineWorld.engine()
        _ = world.feed(&engine, count: 400)
        for _ in 0..<3 {
            world.time += world.step
            _ = engine.observe([world.sample(500)])
            _ = world.feed(&engine, count: 20)
        }
        let alerts = engine.endedAlerts
        #expect(alerts.count == 3)
        var other = try SpotEngine(selections: [], maximumEndedAlerts: 2)
        other.restore(ended: alerts + alerts.prefix(1))
        #expect(other.endedAlerts.count == 2)
        engine.restore(ended: alerts)
        #expect(engine.endedAlerts == alerts)
    }

    /// Two selections, one of them with a baseline and both tails.
    private static func engine() throws -> SpotEngine {
        var both = EngineWorld.quick
        both.down = true
        return try SpotEngine(selections: [
            SpotSelection(name: "load", metric: { $0 == "connections" }, parameters: both, baseline: .hourOfWeek),
            SpotSelection(name: "rates", metric: { $0 == "commits" }, parameters: EngineWorld.quick),
        ])
    }

    /// Gaussian values with surges, gaps, NaN and resets.
    @discardableResult
    private func feed(_ world: inout EngineWorld, _ engine: inout SpotEngine, _ count: Int) -> [AlertChange] {
        var changes: [AlertChange] = []
        for _ in 0..<count {
            let steps: Int64 = world.draws.unit() < 0.01 ? 15 : 1
            world.time += world.step * steps
            let index = (world.time - 1_750_000_000_000) / world.step
            let surge = index < 500 ? 0.0 : index % 997 < 2 ? 60 : index % 1001 == 0 ? -60 : 0
            let value = world.draws.unit() < 0.01 ? .nan : 100 + surge + world.draws.gaussian()
            let counter = Double(index % 700) * 6000 + surge * 600
            changes += engine.observe([
                world.sample(value, added: ["team": "red"]), world.sample(counter, of: "commits", kind: .counter),
            ])
        }
        return changes
    }
}
