import PostgresClient

extension SQLSettings.Server {
    /// The server for messages.
    var endpoint: String { PostgresParameters(host: host, port: port).endpoint }
}

/// What errors of a PostgreSQL server mean for what was to be written
/// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
enum PostgresErrors {
    /// How long to wait for what a person has to mend.
    private static let forPeople = Duration.seconds(30)

    static func classify(_ error: PostgresError, server: SQLSettings.Server) -> SQLStoreError {
        let message = "\(server.endpoint): \(error.message)"
        guard [.queryFailed, .timedOut].contains(error.code), let state = error.state else {
            // What cannot be sent at all is no fault of the server.
            return error.code == .misused
                ? .refused(reason: error.message)
                : .unavailable(reason: message, after: nil)
        }
        if state == "23503" { return .staleSeries(reason: message) }
        switch state.prefix(2) {
        // Values that do not fit, constraints, triggers that raise, and rows that are too large.
        case "22", "23", "44", "P0", "54": return .refused(reason: error.message)
        // Rights, and a server that only reads.
        case "28", "3D", "3F", "25": return .unavailable(reason: message, after: forPeople)
        // Of these, 42501 is a right that is missing, and the others are tables that are not as they should be.
        case "42": return .unavailable(reason: message, after: state == "42P01" ? nil : forPeople)
        // Connections, resources, locks, shutdowns.
        default: return .unavailable(reason: message, after: nil)
        }
    }
}
