/// When a query is run: everything that it asks for must hold.
public struct QueryCondition: Sendable, Hashable {
    /// The role of a server.
    public enum Role: String, Sendable, Hashable, CaseIterable {
        /// It takes writes.
        case primary
        /// It follows another server.
        case standby
    }

    /// Whether the query is switched off (`query: ""` in postgres_exporter's format).
    public var isDisabled = false
    /// The versions that it is for.
    public var version: VersionRange?
    /// The role that it is for.
    public var role: Role?
    /// A regular expression that the database's whole name must match.
    public var database: String?
    /// What must be installed.
    public var extensions: [String] = []

    /// A condition that always holds.
    public init() {}

    /// Whether a query is run on such a server.
    public func holds(_ facts: ServerFacts) -> Bool {
        unmet(facts).isEmpty
    }

    /// Why a query is not run on such a server, one reason per text; empty if it is.
    public func unmet(_ facts: ServerFacts) -> [String] {
        if isDisabled { return ["it is disabled by an empty query"] }
        var reasons: [String] = []
        if let version, !version.contains(facts.version) {
            reasons.append("version \(facts.version) is not in \"\(version)\"")
        }
        if let role, facts.isPrimary != (role == .primary) {
            let found = facts.isPrimary.map { $0 ? "a primary" : "a standby" } ?? "of unknown role"
            reasons.append("the server is \(found), not a \(role.rawValue)")
        }
        if let database, !Self.matches(facts.database, database) {
            reasons.append("the database \"\(facts.database)\" does not match \"\(database)\"")
        }
        for name in extensions where !facts.extensions.contains(name) {
            reasons.append("\"\(name)\" is not installed")
        }
        return reasons
    }

    /// Whether a text is a regular expression that can be used.
    static func isPattern(_ pattern: String) -> Bool {
        pattern.utf8.count <= 500 && (try? Regex(pattern)) != nil
    }

    private static func matches(_ text: String, _ pattern: String) -> Bool {
        // `Regex` is not Sendable, and this runs once per connection, so it is not worth keeping.
        guard let regex = try? Regex(pattern) else { return false }
        return (try? regex.wholeMatch(in: text)) != nil
    }
}
