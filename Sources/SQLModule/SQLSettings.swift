import ExportingModules
import PostgresClient
import Settings

/// The configuration of the module `sql`, checked.
struct SQLSettings: Sendable {
    /// Where the tables are.
    enum Place: Sendable, Hashable {
        /// A file.
        case sqlite(path: String)
        /// A server.
        case postgresql(Server)
    }

    /// A PostgreSQL server.
    struct Server: Sendable, Hashable {
        var host: String
        var port: Int
        var user: String?
        var password: SecretReference?
        var database: String?
        var sslMode: PostgresSSLMode
        var sslRootCertificate: String?
        var sslCertificate: String?
        var sslKey: String?
    }

    let place: Place
    let names: SQLNames
    let takes: RecordKinds
    let timeout: Duration
    let batchSize: Int
    /// How old rows get before they are removed; nil for as old as they like.
    let retention: Duration?

    private static let serverOnly = [
        "sql.host", "sql.user", "sql.password", "sql.database", "sql.schema", "sql.tls_ca", "sql.tls_certificate",
        "sql.tls_key",
    ]

    init(_ configuration: ModuleConfiguration) throws(ModuleConfigurationError) {
        let context = configuration.context
        let isServer = try configuration.text("sql.driver") == "postgresql"
        let path = try configuration.text("sql.path")
        if isServer {
            guard path == nil else { throw ModuleConfigurationError("sql.path", "is for the driver sqlite only") }
            place = .postgresql(try Self.server(configuration))
        } else {
            guard let path else {
                throw ModuleConfigurationError("sql.path", "is missing; the driver sqlite needs the path of a file")
            }
            for name in Self.serverOnly where try Self.isGiven(name, configuration) {
                throw ModuleConfigurationError(name, "is for the driver postgresql only")
            }
            place = .sqlite(path: context.path(path))
        }
        names = SQLNames(
            schema: try configuration.text("sql.schema"),
            samplesTable: try configuration.text("sql.samples_table") ?? "",
            alertsTable: try configuration.text("sql.alerts_table") ?? ""
        )
        for (name, value) in [
            ("sql.schema", names.schema), ("sql.samples_table", names.samplesTable),
            ("sql.alerts_table", names.alertsTable),
        ] {
            if let problem = value.flatMap(SQLNames.problem) { throw ModuleConfigurationError(name, problem) }
        }
        try Self.checkDistinct(names)
        var takes: RecordKinds = []
        if try configuration.bool("sql.data") == true { takes.insert(.samples) }
        if try configuration.bool("sql.alarm") == true { takes.insert(.alerts) }
        guard !takes.isEmpty else {
            throw ModuleConfigurationError("sql.data", "neither this nor sql.alarm is on: nothing is written")
        }
        self.takes = takes
        timeout = try configuration.required("sql.timeout", configuration.duration("sql.timeout"))
        batchSize = try configuration.required("sql.batch_size", configuration.integer("sql.batch_size"))
        let retention = try configuration.duration("sql.retention") ?? .zero
        self.retention = retention > .zero ? retention : nil
    }

    private static func server(_ configuration: ModuleConfiguration) throws(ModuleConfigurationError) -> Server {
        let context = configuration.context
        func path(_ name: String) throws(ModuleConfigurationError) -> String? {
            try configuration.text(name).map(context.path)
        }
        return Server(
            host: try configuration.text("sql.host") ?? "localhost",
            port: try configuration.integer("sql.port") ?? 5432,
            user: try configuration.text("sql.user"),
            password: try configuration.secret("sql.password"),
            database: try configuration.text("sql.database"),
            sslMode: try configuration.text("sql.sslmode").flatMap(PostgresSSLMode.init) ?? .prefer,
            sslRootCertificate: try path("sql.tls_ca"),
            sslCertificate: try path("sql.tls_certificate"),
            sslKey: try path("sql.tls_key")
        )
    }

    private static func isGiven(
        _ name: String,
        _ configuration: ModuleConfiguration
    ) throws(ModuleConfigurationError) -> Bool {
        name == "sql.password" ? try configuration.secret(name) != nil : try configuration.text(name) != nil
    }

    /// SQLite compares names without regard to the case of letters.
    private static func checkDistinct(_ names: SQLNames) throws(ModuleConfigurationError) {
        let ours = [
            names.samplesTable, "\(names.samplesTable)_series", "\(names.samplesTable)_view", "muster_versions",
        ]
        guard !ours.map({ $0.lowercased() }).contains(names.alertsTable.lowercased()) else {
            throw ModuleConfigurationError("sql.alerts_table", "is the name of another table of this module")
        }
        guard names.samplesTable.lowercased() != "muster_versions" else {
            throw ModuleConfigurationError("sql.samples_table", "is the name of another table of this module")
        }
    }
}
