extension SpotEngine {
    /// Takes back that states were stored and others deleted: ``dirtyStates(limit:)`` and ``removedIdentities()`` return
    /// them again.
    public mutating func markUnsaved(removed identities: [String]) {
        markUnsaved()
        // One that is watched again is stored after it was deleted.
        for identity in identities { forget(identity) }
    }
}
