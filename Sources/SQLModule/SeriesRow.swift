import Crypto
import ExportingModules
import Exposition

/// What tells one series from all others, as bytes: name, service and labels, each after its length.
///
/// Bytes, because two texts that Swift takes for equal may be different series.
struct SeriesKey: Sendable, Hashable {
    let bytes: [UInt8]

    init(name: String, service: String, labels: LabelSet) {
        var bytes: [UInt8] = []
        func add(_ text: String) {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: text.utf8.count).littleEndian) {
                bytes.append(contentsOf: $0)
            }
            bytes.append(contentsOf: text.utf8)
        }
        add(name)
        add(service)
        for label in labels.labels {
            add(label.name)
            add(label.value)
        }
        self.bytes = bytes
    }

    /// The same for all programs that write to a database: SHA-256 of the bytes as hexadecimal digits.
    var digest: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in SHA256.hash(data: bytes) {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// A row of the table of series that may have to be written.
struct SeriesRow: Sendable {
    var key: SeriesKey
    var name: String
    var service: String
    var labels: LabelSet
    var kind: MetricKind
}

/// A row of the table of samples.
struct SampleRow: Sendable {
    var series: SeriesRow
    /// In milliseconds since 1970.
    var time: Int64
    var value: Double
}

/// News of an alert, with the time when it was found out.
struct AlertRow: Sendable {
    var alert: Alert
    /// In milliseconds since 1970.
    var time: Int64
}

/// What no database of ours can store.
enum StorableRecords {
    /// The years 1 to 9999, in milliseconds since 1970, which every database and every reader knows how to write.
    static let times: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999

    /// Why a sample cannot be stored; nil if it can.
    static func problem(_ sample: Sample) -> String? {
        problem([sample.name, sample.service], sample.labels) ?? problem([sample.timestamp])
    }

    /// Why news of an alert cannot be stored; nil if they can.
    static func problem(_ alert: Alert, time: Int64) -> String? {
        problem([alert.id, alert.stat, alert.service], alert.labels)
            ?? problem([time, alert.start] + (alert.end.map { [$0] } ?? []))
    }

    private static func problem(_ texts: [String], _ labels: LabelSet) -> String? {
        let hasNUL =
            texts.contains { $0.utf8.contains(0) }
            || labels.labels.contains { $0.name.utf8.contains(0) || $0.value.utf8.contains(0) }
        return hasNUL ? "a name or a label has a NUL, which a database cannot store" : nil
    }

    private static func problem(_ times: [Int64]) -> String? {
        times.first { !Self.times.contains($0) }.map { "a time of \($0) ms since 1970 cannot be stored" }
    }
}
