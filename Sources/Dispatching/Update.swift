public import Discovery

/// Labels, tags or metadata of a service changed, and nothing that its exporter depends on: it stays open.
public struct Update: Sendable {
    /// The service as it is now.
    public let service: MatchedService
    /// Which exporter.
    public let generation: UInt64
}
