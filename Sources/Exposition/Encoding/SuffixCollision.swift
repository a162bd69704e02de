/// Finds families whose sample lines would have the same names, such as a gauge `x_count` beside a summary `x`.
enum SuffixCollision {
    /// The names of the sample lines of a kind, besides the family's own.
    static func suffixes(of kind: MetricKind) -> [String] {
        switch kind {
        case .histogram: ["_bucket", "_count", "_sum"]
        case .summary: ["_count", "_sum"]
        case .counter, .gauge, .info, .unknown: []
        }
    }

    /// The name of a family that collides with a new one; nil if there is none.
    ///
    /// - Parameter kindOf: The kind of the family of a name, if there is one.
    static func find(name: String, kind: MetricKind, kindOf: (String) -> MetricKind?) -> String? {
        for suffix in ["_bucket", "_count", "_sum"] {
            guard let base = name.removingSuffix(suffix) else { continue }
            if let other = kindOf(base), suffixes(of: other).contains(suffix) { return base }
        }
        for suffix in suffixes(of: kind) where kindOf(name + suffix) != nil { return name + suffix }
        return nil
    }
}
