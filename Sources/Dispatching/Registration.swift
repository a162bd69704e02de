public import Discovery

/// An exporter is to be opened for a service. The consumer answers with ``Dispatcher/registered(_:)`` or
/// ``Dispatcher/registrationFailed(_:error:)``; until then the service is in flight and is not sent again.
public struct Registration: Sendable {
    /// The service.
    public let service: MatchedService
    /// Tells this exporter from every other one that ever was.
    public let generation: UInt64
    /// Which attempt in a row this is, from 1.
    public let attempt: Int
    /// The generation of the exporter that it takes over from, if there is one: that one stays open until this one is
    /// registered, and goes on if this one fails.
    public let replaces: UInt64?
}
