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
    ///   - statementTimeout: The session's, unless a pooler may share it.
    ///   - hasForeignPassword: Whether the environment has a password (`PGPASSWORD`) that is not this server's.
    init(
        _ configuration: PostgresConfiguration,
        address: String?,
        statementTimeout: Duration,
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
        if configuration.usesPipeline {
            let options = Self.sessionSettings(statementTimeout: statementTimeout).map { "-c \($0.name)=\($0.value)" }
            add("options", options.joined(separator: " "))
        }
        self.parameters = parameters
    }

    /// What every session, or every transaction if sessions are shared, is set to. Names and values need no quoting.
    static func sessionSettings(statementTimeout: Duration) -> [(name: String, value: String)] {
        [
            ("default_transaction_read_only", "on"), ("statement_timeout", String(milliseconds(statementTimeout))),
            ("DateStyle", "ISO"), ("TimeZone", "UTC"), ("IntervalStyle", "iso_8601"),
        ]
    }

    /// Whole milliseconds, at least 1, because 0 would mean no limit.
    static func milliseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        let rest = attoseconds / 1_000_000_000_000_000
        return min(max(1, overflow ? .max : whole.addingReportingOverflow(rest).partialValue), Int64(Int32.max))
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
