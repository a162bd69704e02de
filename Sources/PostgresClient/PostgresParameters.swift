import Glibc

/// How to reach a PostgreSQL server.
///
/// The values are handed to libpq as keywords and values: nothing is concatenated, so no value can be read as another
/// keyword.
public struct PostgresParameters: Sendable {
    /// A host name, an IPv4 or IPv6 address without brackets, or the folder of a Unix socket, which begins with `/`.
    public var host: String
    /// The TCP port; for a Unix socket the number in its name.
    public var port: Int
    /// The user; nil for libpq's default, the name of the operating system's user.
    public var user: String?
    /// The password, if there is one.
    public var password: String?
    /// The database; nil for the one that is called as the user.
    public var database: String?
    /// How the connection is protected.
    public var sslMode: PostgresSSLMode
    /// The file with the certificates of authorities.
    public var sslRootCertificate: String?
    /// The file with our own certificate.
    public var sslCertificate: String?
    /// The file with the key of our own certificate.
    public var sslKey: String?
    /// What the server shows as `application_name`.
    public var applicationName: String

    /// Creates parameters.
    public init(
        host: String,
        port: Int = 5432,
        user: String? = nil,
        password: String? = nil,
        database: String? = nil,
        sslMode: PostgresSSLMode = .prefer,
        applicationName: String = "muster"
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
        self.sslMode = sslMode
        self.applicationName = applicationName
    }

    /// Whether the server is reached over a Unix socket.
    public var isLocalSocket: Bool { host.hasPrefix("/") }

    /// The server for messages: `10.0.0.5:5432`, `[::1]:5432`, `/run/postgresql:5432`.
    public var endpoint: String {
        host.contains(":") && !isLocalSocket ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// libpq's keywords and values.
    ///
    /// - Parameters:
    ///   - address: One numeric address of the host, so that libpq never looks up names; nil for a Unix socket.
    ///   - hasForeignPassword: Whether the environment has a password (`PGPASSWORD`), which is not this server's.
    func keywords(
        address: String?,
        hasForeignPassword: Bool = getenv("PGPASSWORD") != nil
    ) -> [(keyword: String, value: String)] {
        // libpq would send the environment's password to any server that asks. One of our own keeps it from that.
        let password = password ?? (hasForeignPassword ? "no password is configured" : nil)
        let all: [(keyword: String, value: String?)] = [
            ("host", host), ("hostaddr", address), ("port", String(port)), ("user", user), ("password", password),
            ("dbname", database), ("sslmode", sslMode.rawValue), ("sslrootcert", sslRootCertificate),
            ("sslcert", sslCertificate), ("sslkey", sslKey), ("application_name", applicationName),
            ("client_encoding", "UTF8"),
            // Kerberos would ask its server for a ticket, and block.
            ("gssencmode", "disable"),
            // Which of its servers is meant is said by the host, whatever the environment says.
            ("target_session_attrs", "any"),
        ]
        return all.compactMap { pair in
            guard let value = pair.value, !value.isEmpty else { return nil }
            return (pair.keyword, value)
        }
    }
}
