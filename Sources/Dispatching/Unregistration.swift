public import Discovery

/// An exporter is to be closed. The consumer answers with ``Dispatcher/unregistered(_:)``.
public struct Unregistration: Sendable {
    /// Why.
    public enum Reason: String, Sendable, Hashable {
        /// No source reports the service any more.
        case removed
        /// Another exporter of the same service has taken over.
        case replaced
        /// The dispatcher is shutting down.
        case shutdown
    }

    /// The service's key.
    public let key: ServiceKey
    /// The hash that the exporter was opened for.
    public let hash: ServiceHash
    /// Which exporter.
    public let generation: UInt64
    /// Why.
    public let reason: Reason
}
