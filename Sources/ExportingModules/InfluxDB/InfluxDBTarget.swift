/// Where in InfluxDB records are written.
enum InfluxDBTarget: Sendable, Hashable {
    /// The API of version 1, which VictoriaMetrics has too.
    case v1(database: String, retentionPolicy: String?)
    /// The API of version 2.
    case v2(organization: String, bucket: String)

    /// The address of writes.
    func writeURL(_ address: HTTPAddress) -> String {
        switch self {
        case .v1(let database, let policy):
            address.url(
                "/write",
                query: [("db", database), ("precision", "ms")] + (policy.map { [("rp", $0)] } ?? [])
            )
        case .v2(let organization, let bucket):
            address.url("/api/v2/write", query: [("org", organization), ("bucket", bucket), ("precision", "ms")])
        }
    }

    /// The address of the request that makes the database; nil where there is none.
    func createURL(_ address: HTTPAddress) -> String? {
        guard case .v1(let database, _) = self else { return nil }
        return address.url("/query", query: [("q", "CREATE DATABASE \(Self.quoted(database))")])
    }

    /// A name as InfluxQL writes it, whatever characters it has.
    static func quoted(_ name: String) -> String {
        var result = "\""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
