import Analysis
import Exposition
import Foundation
import Testing

@Suite("Alerts of alarms")
struct AlertTrackerTests {
    private let series = SpotSeries(stat: "connections", service: "orders-db", labels: ["db": "orders"])

    @Test("Consecutive alarms are one alert from the first to the first normal value")
    func oneAlert() throws {
        var tracker = AlertTracker(resolveAfter: 30_000)
        #expect(tracker.observe(normal, of: series, at: 0).isEmpty)
        let opened = tracker.observe(alarm(90), of: series, at: 10_000)
        guard case .opened(let first) = try #require(opened.first) else {
            Issue.record("not opened: \(opened)")
            return
        }
        #expect(tracker.observe(alarm(120), of: series, at: 20_000).isEmpty)
        #expect(tracker.observe(normal, of: series, at: 30_000).isEmpty)
        #expect(tracker.observe(alarm(80), of: series, at: 40_000).isEmpty)
        #expect(tracker.observe(normal, of: series, at: 50_000).isEmpty)
        #expect(tracker.observe(normal, of: series, at: 79_999).isEmpty)
        #expect(tracker.open.count == 1)
        let closed = tracker.observe(normal, of: series, at: 80_000)
        guard case .resolved(let last) = try #require(closed.first) else {
            Issue.record("not resolved: \(closed)")
            return
        }
        #expect(tracker.open.isEmpty)
        #expect(first.id == last.id)
        #expect(first.end == nil)
        #expect(last.start == 10_000)
        #expect(last.lastAlarm == 40_000)
        #expect(last.end == 50_000)
        #expect(last.ending == .normal)
        #expect(last.count == 3)
        #expect(last.value == 90)
        #expect(last.extreme == 120)
        #expect(tracker.observe(normal, of: series, at: 90_000).isEmpty)
    }

    @Test("An alert says what netspot's says, and which series it is")
    func fields() throws {
        var tracker = AlertTracker()
        let alert = try #require(tracker.observe(alarm(90), of: series, at: 10_000).first).alert
        #expect(alert.status.rawValue == "UP_ALERT")
        #expect(alert.code == 1)
        #expect(alert.stat == "connections")
        #expect(alert.service == "orders-db")
        #expect(alert.labels == ["db": "orders"])
        #expect(alert.probability == 1e-6)
        #expect(alert.threshold == 60)
        #expect(alert.drift == 50)
        #expect(alert.confidence == .normal)
        let low = try #require(tracker.observe(alarm(1, .down), of: series, at: 20_000).first).alert
        #expect(low.status.rawValue == "DOWN_ALERT")
        #expect(low.code == -1)
        #expect(low.id != alert.id)
    }

    @Test("Both sides, and different series, have alerts of their own")
    func apart() {
        var tracker = AlertTracker(resolveAfter: 10_000)
        let other = SpotSeries(stat: "connections", service: "orders-db", labels: ["db": "stock"])
        #expect(tracker.observe(alarm(90), of: series, at: 0).count == 1)
        #expect(tracker.observe(alarm(90), of: other, at: 0).count == 1)
        #expect(tracker.observe(alarm(1, .down), of: series, at: 5000).count == 1)
        #expect(Set(tracker.open.map(\.id)).count == 3)
        // The upper alert of the first series is normal since 5000.
        let changes = tracker.observe(alarm(1, .down), of: series, at: 15_000)
        #expect(changes.map(\.alert.status) == [.up])
        #expect(tracker.open.count == 2)
    }

    @Test("The next alert of a series has another id")
    func ids() throws {
        var tracker = AlertTracker(resolveAfter: 0)
        let first = try #require(tracker.observe(alarm(90), of: series, at: 0).first).alert
        #expect(tracker.observe(normal, of: series, at: 1000).count == 1)
        let second = try #require(tracker.observe(alarm(90), of: series, at: 2000).first).alert
        #expect(first.id != second.id)
        #expect(first.id == "0-up-\(first.id.suffix(16))")
    }

    @Test("A missing value is not a normal one")
    func missing() {
        var tracker = AlertTracker(resolveAfter: 10_000)
        _ = tracker.observe(alarm(90), of: series, at: 0)
        let missing = SpotStep(status: .missing, value: .nan)
        for time in stride(from: Int64(1000), to: 100_000, by: 1000) {
            #expect(tracker.observe(missing, of: series, at: time).isEmpty)
        }
        #expect(tracker.open.count == 1)
    }

    @Test("A series that brings no values loses its alert after a while")
    func lost() throws {
        var tracker = AlertTracker(resolveAfter: 10_000, lostAfter: 60_000)
        _ = tracker.observe(alarm(90), of: series, at: 0)
        _ = tracker.observe(alarm(95), of: series, at: 5000)
        #expect(tracker.advance(to: 64_999).isEmpty)
        let alert = try #require(tracker.advance(to: 65_000).first).alert
        #expect(alert.ending == .lost)
        #expect(alert.end == 5000)
        #expect(tracker.open.isEmpty)
    }

    @Test("A series that is no longer watched loses its alerts at once")
    func removed() {
        var tracker = AlertTracker()
        _ = tracker.observe(alarm(90), of: series, at: 0)
        _ = tracker.observe(alarm(1, .down), of: series, at: 1000)
        #expect(tracker.remove(series).map(\.alert.ending) == [.lost, .lost])
        #expect(tracker.remove(series).isEmpty)
    }

    @Test("A clock that is set back ends no alert and traps nothing")
    func clock() {
        var tracker = AlertTracker(resolveAfter: 10_000, lostAfter: 10_000)
        _ = tracker.observe(alarm(90), of: series, at: .max)
        #expect(tracker.observe(normal, of: series, at: .min).isEmpty)
        #expect(tracker.advance(to: .min).isEmpty)
        #expect(tracker.open.count == 1)
        #expect(tracker.observe(normal, of: series, at: .max).count == 1)
    }

    @Test("A level shift is one alert that says so and then ends")
    func levelShift() throws {
        var draws = Draws(seed: 6)
        var detector = try SpotDetector()
        var tracker = AlertTracker(resolveAfter: 300_000)
        var changes: [AlertChange] = []
        for index in 0..<7000 {
            let step = detector.step((index < 4000 ? 0 : 50) + draws.gaussian())
            let news = tracker.observe(step, of: series, at: Int64(index) * 15_000)
            if index >= 4000 { changes += news }
        }
        let shift = changes.filter { $0.alert.start == 4000 * 15_000 }
        #expect(shift.count == 3)
        guard case .opened = shift.first, case .regimeChanged = shift.dropFirst().first,
            case .resolved(let last) = shift.last
        else {
            Issue.record("\(shift)")
            return
        }
        #expect(last.isRegimeChange)
        #expect(last.count >= 32)
        #expect(changes.count <= 5)
    }

    @Test("An open alert survives being stored, an infinite value included")
    func stored() throws {
        var tracker = AlertTracker(resolveAfter: 10_000)
        let infinite = SpotStep(status: .anomaly, side: .up, value: .infinity, probability: 0, isAlarm: true)
        _ = tracker.observe(infinite, of: series, at: 1000)
        _ = tracker.observe(alarm(2, .down), of: series, at: 2000)
        let json = try JSONEncoder().encode(tracker)
        var restored = try JSONDecoder().decode(AlertTracker.self, from: json)
        #expect(restored == tracker)
        #expect(restored.open.first?.value == .infinity)
        // The upper side has been normal since 2000.
        #expect(restored.observe(normal, of: series, at: 12_000) == tracker.observe(normal, of: series, at: 12_000))
        #expect(restored.observe(normal, of: series, at: 22_000).map(\.alert.status) == [.down])
        #expect(restored.open.isEmpty)
    }

    @Test("A stored alert with an impossible probability is refused")
    func refuses() throws {
        var tracker = AlertTracker()
        let alert = try #require(tracker.observe(alarm(90), of: series, at: 0).first).alert
        let json = try JSONEncoder().encode(alert)
        var object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        #expect(object["status"] as? String == "UP_ALERT")
        object["probability"] = 1.5
        let damaged = try JSONSerialization.data(withJSONObject: object)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(SpotAlert.self, from: damaged) }
    }

    private var normal: SpotStep { SpotStep(status: .normal, value: 50, drift: 50) }

    private func alarm(_ value: Double, _ side: SpotSide = .up) -> SpotStep {
        SpotStep(
            status: .anomaly,
            side: side,
            value: value,
            drift: 50,
            threshold: side == .up ? 60 : 40,
            probability: 1e-6,
            isAlarm: true
        )
    }
}
