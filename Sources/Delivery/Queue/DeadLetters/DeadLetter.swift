import ExportingModules
import Exposition

/// A rejected record as one line of JSON, with all that was known of it.
enum DeadLetter {
    /// The line for a sample, with its line end.
    ///
    /// - Parameters:
    ///   - time: When it was rejected, in milliseconds since 1970.
    ///   - reason: What the destination said.
    static func line(_ sample: Sample, time: Int64, reason: String) -> [UInt8] {
        var line = JSONText()
        line.add("time", time)
        line.add("reason", reason)
        line.add("type", "sample")
        line.add("name", sample.name)
        line.add("service", sample.service)
        line.add("labels", sample.labels)
        line.add("value", sample.value)
        // There are many NaNs, and one of them says that a series has ended.
        if sample.value.isNaN { line.add("bits", String(sample.value.bitPattern, radix: 16)) }
        line.add("timestamp", sample.timestamp)
        var family = JSONText()
        family.add("name", sample.family.name)
        family.add("kind", sample.family.kind.rawValue)
        family.add("help", sample.family.help)
        family.add("unit", sample.family.unit)
        line.add("family", family)
        return line.object + [UInt8(ascii: "\n")]
    }

    /// The line for news of an alert, with its line end.
    static func line(_ queued: QueuedAlert, time: Int64, reason: String) -> [UInt8] {
        let alert = queued.alert
        var line = JSONText()
        line.add("time", time)
        line.add("reason", reason)
        line.add("type", "alert")
        line.add("found", queued.time)
        line.add("id", alert.id)
        line.add("state", alert.state.rawValue)
        line.add("status", alert.status.rawValue)
        line.add("stat", alert.stat)
        line.add("service", alert.service)
        line.add("labels", alert.labels)
        line.add("value", alert.value)
        line.add("code", Int64(alert.code))
        line.add("probability", alert.probability)
        if let threshold = alert.threshold { line.add("threshold", threshold) }
        if let drift = alert.drift { line.add("drift", drift) }
        line.add("confidence", alert.confidence.rawValue)
        line.add("start", alert.start)
        if let end = alert.end { line.add("end", end) }
        return line.object + [UInt8(ascii: "\n")]
    }
}
