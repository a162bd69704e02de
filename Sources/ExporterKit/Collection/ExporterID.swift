/// Which exporter: the key of its service, and a number that tells it from the exporters that the service had before.
public struct ExporterID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The key of the service, the same on every machine. It decides when the exporter's collections are due.
    public var key: String
    /// Rises with every exporter that is made for the key.
    public var generation: UInt64

    /// Creates an id.
    public init(key: String, generation: UInt64 = 0) {
        self.key = key
        self.generation = generation
    }

    /// By key, then by generation.
    public static func < (lhs: ExporterID, rhs: ExporterID) -> Bool {
        lhs.key == rhs.key ? lhs.generation < rhs.generation : lhs.key < rhs.key
    }

    /// `key#generation`, for logs.
    public var description: String { "\(key)#\(generation)" }
}
