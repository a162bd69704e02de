import Exposition

/// Which series it is, whatever labels its service is configured with.
struct SpotIdentity: Sendable, Hashable {
    let key: String
    let stat: String
    let sourceLabels: LabelSet
    /// A hash of all of it, made by the engine's hasher.
    private let hash: UInt64

    init(key: String, stat: String, sourceLabels: LabelSet, hasher: SeriesHasher) {
        self.key = key
        self.stat = stat
        self.sourceLabels = sourceLabels
        hash = Self.hash(key: key, stat: stat, sourceLabels: sourceLabels, hasher: hasher)
    }

    @inline(__always)
    static func hash(key: String, stat: String, sourceLabels: LabelSet, hasher: SeriesHasher) -> UInt64 {
        hasher.adding(sourceLabels, to: hasher.adding(stat, to: hasher.adding(key, to: hasher.start)))
    }

    static func == (lhs: SpotIdentity, rhs: SpotIdentity) -> Bool {
        // Texts that are equal but spelled with other bytes have another hash.
        lhs.hash == rhs.hash && lhs.stat == rhs.stat && lhs.key == rhs.key && lhs.sourceLabels == rhs.sourceLabels
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(hash)
    }

    /// The hash, for tables that need no certainty.
    var quickHash: UInt64 { hash }

    /// A text that is the same in every run and different for any two series: a JSON list of key, stat, and the names and
    /// values of the labels.
    var text: String {
        let parts = [key, stat] + sourceLabels.labels.flatMap { [$0.name, $0.value] }
        var text = "["
        for part in parts {
            if text.utf8.count > 1 { text += "," }
            text += "\""
            for scalar in part.unicodeScalars {
                switch scalar {
                case "\"": text += "\\\""
                case "\\": text += "\\\\"
                case _ where scalar.value < 0x20:
                    let digits = String(scalar.value, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
                default: text.unicodeScalars.append(scalar)
                }
            }
            text += "\""
        }
        return text + "]"
    }

    /// 64 bits that are the same in every run: what tells alerts apart of series that are shown alike.
    var fingerprint: UInt64 { SpotSeries(stat: stat, service: key, labels: sourceLabels).fingerprint }
}
