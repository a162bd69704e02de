import Glibc
import Settings

/// The keywords and values that libpq connects with. They are handed over as two arrays: nothing is concatenated, so no
/// value can be read as another keyword.
struct ConnectionParameters: Sendable {
    struct Parameter: Sendable, Equatable {
        var keyword: String
        var value: String
    }

    let parameters: [Parameter]

    /// - Parameters:
    ///   - configuration: How to connect.
    ///   - address: One numeric address of the host, so that libpq never looks up names; nil for a Unix socket.
    ///   - hasForeignPassword: Whether the environment has a password (`PGPASSWORD`) that is not this server's.
    init(
        _ configuration: PostgresConfiguration,
        address: String?,
        hasForeignPassword: Bool = getenv("PGPASSWORD") != nil
    ) {
        var parameters: [Parameter] = []
        func add(_ keyword: String, _ value: String?) {
            guard let value, !value.isEmpty else { return }
            parameters.append(Parameter(keyword: keyword, value: value))
        }
        add("host", configuration.host)
        add("hostaddr", address)
        add("port", String(configuration.port))
        add("user", configuration.user)
        // libpq would send the environment's password to any server that asks. One of our own keeps it from that.
        add("password", configuration.password?.reveal() ?? (hasForeignPassword ? "no password is configured" : nil))
        add("dbname", configuration.database)
        add("sslmode", configuration.sslMode.rawValue)
        add("sslrootcert", configuration.sslRootCertificate)
        add("sslcert", configuration.sslCertificate)
        add("sslkey", configuration.sslKey)
        add("application_name", configuration.applicationName)
        add("client_encoding", "UTF8")
        // Kerberos would ask its server for a ticket, and block.
        add("gssencmode", "disable")
        // A standby is as good as a primary, whatever the environment says.
        add("target_session_attrs", "any")
        self.parameters = parameters
    }

    /// Calls `body` with the two arrays, each ended by nil.
    func withArrays<Result>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        let keywords = parameters.map { UnsafePointer(strdup($0.keyword)) } + [nil]
        let values = parameters.map { UnsafePointer(strdup($0.value)) } + [nil]
        defer {
            for pointer in keywords + values { free(UnsafeMutablePointer(mutating: pointer)) }
        }
        return body(keywords, values)
    }
}
