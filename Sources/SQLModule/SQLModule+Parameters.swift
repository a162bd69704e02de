import ExportingModules
import PostgresClient

extension SQLModule {
    /// What can be configured.
    static let allParameters = [
        ModuleParameter.required("sql.driver", .choice(["sqlite", "postgresql"]), usage: "The kind of database."),
        ModuleParameter("sql.data", .bool, default: .bool(true), usage: "Whether samples are written."),
        ModuleParameter("sql.alarm", .bool, default: .bool(true), usage: "Whether alerts are written."),
        ModuleParameter("sql.path", .path, usage: "sqlite: the file, which is made if it is not there."),
        ModuleParameter(
            "sql.host",
            .text,
            usage: "postgresql: a name, an address, or the folder of a Unix socket. By default localhost."
        ),
        ModuleParameter("sql.port", .integer(1...65_535), default: .integer(5432), usage: "postgresql: the port."),
        ModuleParameter("sql.user", .text, usage: "postgresql: the user. By default that of the operating system."),
        ModuleParameter("sql.password", .secret, usage: "postgresql: the password."),
        ModuleParameter("sql.database", .text, usage: "postgresql: the database. By default the user's name."),
        ModuleParameter(
            "sql.sslmode",
            .choice(PostgresSSLMode.allCases.map(\.rawValue)),
            default: .text("prefer"),
            usage: "postgresql: how the connection is protected."
        ),
        ModuleParameter(
            "sql.tls_ca",
            .path,
            usage: "postgresql: the certificates of the authorities that are trusted."
        ),
        ModuleParameter("sql.tls_certificate", .path, usage: "postgresql: our certificate."),
        ModuleParameter("sql.tls_key", .path, usage: "postgresql: the key of our certificate."),
        ModuleParameter(
            "sql.schema",
            .text,
            usage: "postgresql: the schema, which is made if it is not there. By default the first of the search path."
        ),
        ModuleParameter(
            "sql.samples_table",
            .text,
            default: .text("muster_samples"),
            usage: "The table of samples; those of the series and the view are named after it."
        ),
        ModuleParameter("sql.alerts_table", .text, default: .text("muster_alerts"), usage: "The table of alerts."),
        ModuleParameter(
            "sql.retention",
            .duration(.zero ... .seconds(100 * 366 * 86_400)),
            default: .duration(.zero),
            usage: "How old rows get before they are removed, a part at a time; 0 for never."
        ),
        ModuleParameter(
            "sql.timeout",
            .duration(.milliseconds(100) ... .seconds(600)),
            default: .duration(.seconds(30)),
            usage: "How long a batch may take, connecting included."
        ),
        ModuleParameter(
            "sql.batch_size",
            .integer(1...100_000),
            default: .integer(5000),
            usage: "How many samples are written in one transaction, at most."
        ),
    ]
}
