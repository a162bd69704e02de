import Analysis
import Exposition
import Testing

extension SpotAlert {
    /// An alert with everything that is hard to store.
    static func made(_ id: String, start: Int64, end: Int64?) throws -> SpotAlert {
        var tracker = AlertTracker()
        let step = SpotStep(
            status: .anomaly,
            side: .up,
            value: .infinity,
            drift: 1,
            threshold: 5,
            probability: 1e-6,
            confidence: .normal,
            isAlarm: true,
            isRegimeChange: false
        )
        let series = SpotSeries(stat: "x", service: "db \"1\"", labels: ["a": "line\nbreak"])
        var alert = try #require(tracker.observe(step, of: series, at: start).first).alert
        alert.id = id
        alert.end = end
        alert.ending = end == nil ? nil : .normal
        return alert
    }
}
