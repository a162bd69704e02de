public import PostgresClient
public import Settings

/// How to reach one PostgreSQL server, and how to behave there.
public struct PostgresConfiguration: Sendable, Hashable {
    /// A host name, an IPv4 or IPv6 address, or the folder of a Unix socket, which begins with `/`.
    public var host: String
    /// The TCP port; for a Unix socket the number in its name.
    public var port: Int
    /// The user; nil for libpq's default, the name of the operating system's user.
    public var user: String?
    /// The password, if there is one.
    public var password: Secret?
    /// The database.
    public var database: String
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
    /// Whether queries are pipelined over a session of our own. False for poolers such as PgBouncer: the simple protocol,
    /// one query after another, each in a read-only transaction of its own, and no session settings.
    public var usesPipeline: Bool
    /// How long the server lets a query without a timeout of its own run; nil derives it from the collection's timeout.
    public var statementTimeout: Duration?
    /// How long connecting may take; nil for the collection's timeout.
    public var connectTimeout: Duration?

    /// Creates a configuration.
    ///
    /// - Parameters:
    ///   - host: A host name, an address without brackets, or the folder of a Unix socket.
    ///   - port: The port.
    ///   - user: The user.
    ///   - password: The password.
    ///   - database: The database.
    ///   - sslMode: How the connection is protected.
    ///   - usesPipeline: False for poolers.
    public init(
        host: String,
        port: Int = 5432,
        user: String? = nil,
        password: Secret? = nil,
        database: String = "postgres",
        sslMode: PostgresSSLMode = .prefer,
        usesPipeline: Bool = true
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
        self.sslMode = sslMode
        self.applicationName = "muster"
        self.usesPipeline = usesPipeline
    }

    /// How to connect.
    var parameters: PostgresParameters {
        var parameters = PostgresParameters(
            host: host,
            port: port,
            user: user,
            password: password?.reveal(),
            database: database,
            sslMode: sslMode,
            applicationName: applicationName
        )
        parameters.sslRootCertificate = sslRootCertificate
        parameters.sslCertificate = sslCertificate
        parameters.sslKey = sslKey
        return parameters
    }

    /// The server for messages: `10.0.0.5:5432`, `[::1]:5432`, `/run/postgresql:5432`.
    public var endpoint: String { PostgresParameters(host: host, port: port).endpoint }
}
