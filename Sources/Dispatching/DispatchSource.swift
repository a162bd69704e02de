public import Discovery

/// A named callback that says which services exist now.
public struct DispatchSource: Sendable {
    /// The name, for the status and for logs.
    public var name: String
    /// Returns the whole list. Throw rather than return a part of it: a failed poll changes nothing.
    public var poll: @Sendable () async throws -> [MatchedService]
    /// Hints that the list has changed; each leads to a poll soon.
    public var changes: AsyncStream<Void>?

    /// Creates a source.
    public init(
        name: String,
        changes: AsyncStream<Void>? = nil,
        poll: @escaping @Sendable () async throws -> [MatchedService]
    ) {
        self.name = name
        self.changes = changes
        self.poll = poll
    }
}
