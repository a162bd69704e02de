/// What conditions can ask about a server: found out once per connection.
public struct ServerFacts: Sendable, Hashable {
    /// Its version.
    public var version: ServerVersion
    /// Whether it takes writes (true) or follows another server (false); nil if that is unknown or means nothing here.
    public var isPrimary: Bool?
    /// The database that the connection is in.
    public var database: String
    /// What is installed in that database.
    public var extensions: Set<String>

    /// Creates facts.
    public init(
        version: ServerVersion,
        isPrimary: Bool? = nil,
        database: String = "",
        extensions: Set<String> = []
    ) {
        self.version = version
        self.isPrimary = isPrimary
        self.database = database
        self.extensions = extensions
    }
}
