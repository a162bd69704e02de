import Foundation
import Testing

@testable import Analysis

@Suite("Storing a detector")
struct SpotStorageTests {
    @Test(
        "A detector that was stored goes on as if nothing had happened, from every state",
        arguments: [0, 30, 500, 1049, 1050, 2000, 5000, 8010, 8040, 8100, 9000, 9200]
    )
    func continues(moment: Int) throws {
        let values = series()
        var detector = try SpotDetector(SpotParameters(down: true, maxExcess: 60))
        for value in values[..<moment] { _ = detector.step(value) }
        var restored = try JSONDecoder().decode(SpotDetector.self, from: JSONEncoder().encode(detector))
        #expect(restored.state == detector.state)
        for value in values[moment...] {
            // NaN is not equal to itself.
            let step = detector.step(value)
            let other = restored.step(value)
            if step.status == .missing { #expect(other.status == .missing) } else { #expect(step == other) }
        }
        #expect(restored.summary(of: .up) == detector.summary(of: .up))
        #expect(restored.summary(of: .down) == detector.summary(of: .down))
        #expect(restored.drift == detector.drift)
        #expect(restored.missingCount == detector.missingCount)
        #expect(restored.regimeChangeCount == detector.regimeChangeCount)
    }

    @Test("The series of these tests goes through all states but one")
    func coverage() throws {
        var detector = try SpotDetector(SpotParameters(down: true, maxExcess: 60))
        var states: Set<SpotState> = []
        for value in series() {
            _ = detector.step(value)
            states.insert(detector.state)
        }
        #expect(states == [.filling, .calibrating, .lowConfidence, .running, .recalibrating])
    }

    typealias Change = @Sendable (inout [String: Any]) -> Void

    /// A name and what is done to a stored state.
    struct Damage: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var change: @Sendable (inout [String: Any]) -> Void

        init(_ name: String, _ change: @escaping @Sendable (inout [String: Any]) -> Void) {
            testDescription = name
            self.change = change
        }
    }

    static func tail(_ key: String, _ value: any Sendable) -> Damage {
        Damage("upper.\(key)") { state in
            var tail = state["upper"] as? [String: Any] ?? [:]
            tail[key] = value
            state["upper"] = tail
        }
    }

    static let damages = [
        Damage("later version") { $0["version"] = 2 },
        Damage("no version") { $0["version"] = nil },
        Damage("parameters out of range") {
            var parameters = $0["parameters"] as? [String: Any] ?? [:]
            parameters["depth"] = 2_000_000_000
            $0["parameters"] = parameters
        },
        Damage("a window longer than the depth") {
            var window = $0["window"] as? [String: Any] ?? [:]
            window["values"] = [Double](repeating: 1, count: 51)
            $0["window"] = window
        },
        Damage("a window with another sum") {
            var window = $0["window"] as? [String: Any] ?? [:]
            window["sum"] = [1e9, 0]
            $0["window"] = window
        },
        Damage("a window that continues outside") {
            var window = $0["window"] as? [String: Any] ?? [:]
            window["next"] = 50
            $0["window"] = window
        },
        Damage("no tail") { $0["upper"] = nil },
        Damage("a tail that is not watched") { $0["lower"] = $0["upper"] },
        Damage("an unknown phase") { $0["phase"] = "asleep" },
        Damage("a phase that does not fit") { $0["phase"] = "filling" },
        Damage("too large a batch") {
            $0["batch"] = [Double](repeating: 1, count: 1000)
            $0["shadowing"] = true
        },
        Damage("a batch without use") { $0["batch"] = [1.0] },
        Damage("a batch out of range") {
            $0["batch"] = [1e308]
            $0["shadowing"] = true
        },
        Damage("a negative gap") { $0["gap"] = -1 },
        tail("next", 1000), tail("next", -1), tail("gaps", [1]), tail("excesses", [Double](repeating: 1, count: 300)),
        tail("excesses", [-1.0]), tail("censored", [100_000]), tail("censored", [-1]), tail("censored", [1, 1]),
        tail("gamma", -5.0), tail("sigma", 0.0), tail("budget", 1e9), tail("budget", -1.0), tail("trusted", -1),
        tail("trusted", 1_000_000), tail("quantile", -1e9), tail("calibrationCount", -1), tail("excessCount", 0),
    ]

    @Test("A state that no detector could be in is refused", arguments: damages)
    func refuses(damage: Damage) throws {
        var detector = try SpotDetector()
        for value in series()[..<5000] { _ = detector.step(value) }
        let json = try JSONEncoder().encode(detector)
        var state = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        _ = try JSONDecoder().decode(SpotDetector.self, from: JSONSerialization.data(withJSONObject: state))
        damage.change(&state)
        let damaged = try JSONSerialization.data(withJSONObject: state)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(SpotDetector.self, from: damaged) }
    }

    @Test("A detector with netspot's defaults is stored in less than 12 kB")
    func size() throws {
        var draws = Draws(seed: 1)
        var detector = try SpotDetector()
        for _ in 0..<30_000 { _ = detector.step(draws.gaussian()) }
        #expect(try JSONEncoder().encode(detector).count < 12_000)
    }

    /// Gaussian values with spikes, NaN, a long gap and a jump.
    private func series() -> [Double] {
        var draws = Draws(seed: 40)
        return (0..<10_000).map { index in
            if index % 611 == 0 { return .nan }
            if (7000..<7060).contains(index) { return .nan }
            if index % 977 == 0 { return 12 }
            return draws.gaussian() + (index > 8000 ? 60 : 0)
        }
    }
}
