import Exposition
import Testing

@testable import Analysis

@Suite("Samples on their way to a detector")
struct WatchedSeriesTests {
    @Test("After a gap longer than the moving mean the mean is filled again, after a shorter one it goes on")
    func gaps() throws {
        for (missing, state) in [(10, SpotState.running), (11, .filling)] {
            var world = EngineWorld()
            var series = Self.series(EngineWorld.quick)
            for _ in 0..<900 {
                world.time += world.step
                _ = series.take(world.draws.gaussian(), at: world.time, longestGap: nil)
            }
            #expect(series.detector.state == .running)
            world.time += world.step * Int64(missing + 1)
            _ = series.take(world.draws.gaussian(), at: world.time, longestGap: nil)
            #expect(series.detector.state == state)
            #expect(series.detector.missingCount == UInt64(missing))
        }
    }

    @Test("A counter that is read once an hour has rates")
    func slowCounter() throws {
        var series = Self.series(SpotParameters(), kind: .counter)
        var judged = 0
        for index in 0..<10 {
            let outcome = series.take(Double(index) * 100, at: Int64(index) * 3_600_000, longestGap: nil)
            if case .judged(let step) = outcome {
                judged += 1
                #expect(abs(step.value - 100.0 / 3600) < 1e-12)
            }
        }
        #expect(judged == 9)
    }

    @Test("NaN, infinities, huge values and impossible times break nothing")
    func hostile() throws {
        var engine = try SpotEngine(selections: [SpotSelection(name: "all", baseline: .hourOfWeek)])
        let values: [Double] = [
            .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0, 1e300,
        ]
        var draws = Draws(seed: 3)
        for index in 0..<20_000 {
            let time: Int64 = [.min, .max, -1, 0, Int64(index) * 1_000_000][Int(draws.unit() * 5)]
            let value = draws.unit() < 0.3 ? values[Int(draws.unit() * 7)] : draws.gaussian()
            for kind in [MetricKind.counter, .gauge] {
                _ = engine.observe([
                    SpotObservation(key: "k", stat: kind.rawValue, kind: kind, value: value, time: time)
                ])
            }
            if index % 1000 == 0 { _ = engine.advance(to: time) }
        }
        let isFinite = engine.thresholds().allSatisfy { $0.value.isFinite }
        #expect(isFinite)
    }

    @Test(
        "Texts are never mistaken for each other",
        arguments: ["", "a", "1234567", "12345678", "a longer text than that"]
    )
    func hashes(text: String) {
        let hasher = SeriesHasher()
        let hash = hasher.adding(text, to: hasher.start)
        #expect(hash == hasher.adding(String(Array(text)), to: hasher.start))
        for other in [text + "a", "a" + text, text + "\0", text.uppercased() + "!"] {
            #expect(hasher.adding(other, to: hasher.start) != hash)
        }
        let split = hasher.adding(text, to: hasher.adding("b", to: hasher.start))
        #expect(split != hasher.adding("b" + text, to: hasher.start))
    }

    @Test("A cache never grows beyond its bound and never gives a wrong answer")
    func cache() {
        var cache = MatchCache(bound: 2000)
        var draws = Draws(seed: 5)
        for _ in 0..<50_000 {
            let key = UInt64(draws.unit() * 20_000)
            let hash = key &* 0x9E37_79B9_7F4A_7C15
            if let answer = cache[hash] { #expect(answer == Int32(key % 7)) }
            cache.remember(Int32(key % 7), for: hash)
            #expect(cache[hash] == Int32(key % 7))
        }
        #expect(cache.size == 2048)
    }

    @Test("An identity's text is the same for the same series only")
    func identityText() {
        let hasher = SeriesHasher()
        func text(_ key: String, _ stat: String, _ labels: LabelSet) -> String {
            SpotIdentity(key: key, stat: stat, sourceLabels: labels, hasher: hasher).text
        }
        #expect(text("k", "s", ["a": "b\"\\\n"]) == #"["k","s","a","b\"\\\u000a"]"#)
        #expect(text("k\",\"s", "", [:]) != text("k", "s", [:]))
    }

    static func series(_ parameters: SpotParameters, kind: MetricKind = .gauge) -> WatchedSeries {
        WatchedSeries(
            identity: SpotIdentity(key: "k", stat: "s", sourceLabels: [:], hasher: SeriesHasher()),
            series: SpotSeries(stat: "s"),
            selection: 0,
            SpotSelection(name: "n", parameters: parameters),
            kind: kind
        )
    }
}
