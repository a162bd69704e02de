public import Exposition

/// Which series a detector watches.
public struct SpotSeries: Sendable, Hashable {
    /// The name of the metric.
    public var stat: String
    /// The name of the service that it belongs to; empty if there is none.
    public var service: String
    /// What tells the series from others of that name.
    public var labels: LabelSet

    /// Creates a series.
    public init(stat: String, service: String = "", labels: LabelSet = [:]) {
        self.stat = stat
        self.service = service
        self.labels = labels
    }

    /// The same 64 bits on every machine and in every run (FNV-1a over lengths and UTF-8 bytes).
    var fingerprint: UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ text: String, to hash: inout UInt64) {
            var length = UInt64(text.utf8.count)
            for _ in 0..<8 {
                hash = (hash ^ (length & 0xff)) &* 0x100_0000_01b3
                length >>= 8
            }
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        add(stat, to: &hash)
        add(service, to: &hash)
        for label in labels.labels {
            add(label.name, to: &hash)
            add(label.value, to: &hash)
        }
        return hash
    }
}
