/// What the shell around a ``ServiceTable`` has to do after a transition.
public enum TableAction: Sendable {
    /// Send a registration.
    case register(Registration)
    /// Send an update.
    case update(Update)
    /// Send an unregistration.
    case unregister(Unregistration)
    /// Poll a source now, because a removal that it reported has been held for long enough if it still stands.
    case poll(source: Int)
    /// Tell who listens.
    case event(DispatchEvent)
}
