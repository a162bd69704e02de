import PostgresClient
import Settings

/// The block under `postgres:` in a template.
struct PostgresSettings {
    /// A query file, and where the configuration names it.
    struct QueryFilePlace {
        var path: String
        var node: SettingsNode
    }

    private(set) var queryFiles: [QueryFilePlace] = []
    private var template = PostgresConfiguration(host: "")
    private var host: String?
    private let node: SettingsNode

    init(_ node: SettingsNode, directory: String, acceptsTemplates: Bool, problems: ProblemList) {
        self.node = node
        let reader = MappingReader(node, problems: problems, acceptsTemplates: acceptsTemplates)
        host = Self.text("host", reader)
        template.user = Self.text("user", reader)
        template.database = Self.text("database", reader) ?? template.database
        template.password = Self.password(reader, acceptsTemplates: acceptsTemplates)
        template.sslMode = reader.choice("sslmode", of: Self.sslModes) ?? template.sslMode
        template.sslRootCertificate = Self.path("sslrootcert", reader, directory)
        template.sslCertificate = Self.path("sslcert", reader, directory)
        template.sslKey = Self.path("sslkey", reader, directory)
        template.applicationName = Self.text("application_name", reader) ?? template.applicationName
        template.usesPipeline = reader.bool("pipeline") ?? template.usesPipeline
        template.statementTimeout = reader.duration("statement_timeout", in: Self.timeouts)
        template.connectTimeout = reader.duration("connect_timeout", in: Self.timeouts)
        if let queries = reader.required("queries") {
            for item in Self.items(queries, problems) where !(acceptsTemplates && item.isTemplate) {
                guard let text = item.text, Self.isText(text) else {
                    problems.add("expected the path of a query file, found \(item.found)", at: item)
                    continue
                }
                queryFiles.append(QueryFilePlace(path: Self.absolute(text, directory), node: item))
            }
        }
        if let host, host.contains(","), let node = reader.value("host") { problems.add(Self.oneHost, at: node) }
        reader.finish()
    }

    /// The configuration for a service.
    func configuration(address: String, port: Int?, problems: ProblemList) -> PostgresConfiguration {
        var configuration = template
        var address = host ?? address
        if address.hasPrefix("["), address.hasSuffix("]") { address = String(address.dropFirst().dropLast()) }
        configuration.port = port ?? configuration.port
        if address.hasPrefix("/"), let socket = Self.socket(address) {
            (address, configuration.port) = socket
        }
        if address.contains(",") || !Self.isText(address) { problems.add(Self.oneHost, at: node) }
        configuration.host = address
        return configuration
    }

    /// The folder and the number of a socket's own path: `/run/postgresql/.s.PGSQL.5433`.
    private static func socket(_ path: String) -> (String, Int)? {
        guard let slash = path.lastIndex(of: "/") else { return nil }
        let name = path[path.index(after: slash)...]
        guard name.hasPrefix(".s.PGSQL."), let port = Int(name.dropFirst(9)), (1...65535).contains(port) else {
            return nil
        }
        return (slash == path.startIndex ? "/" : String(path[..<slash]), port)
    }

    private static let oneHost = "expected one host name, address or folder of a socket"
    private static let timeouts: ClosedRange<Duration> = .milliseconds(1) ... .seconds(3600)
    private static let sslModes: KeyValuePairs<String, PostgresSSLMode> = [
        "disable": .disable, "allow": .allow, "prefer": .prefer, "require": .require, "verify-ca": .verifyCA,
        "verify-full": .verifyFull,
    ]

    /// A string that C can hold. Empty counts as absent, as it does for libpq.
    private static func text(_ key: String, _ reader: MappingReader) -> String? {
        guard let text = reader.string(key), !text.isEmpty, let node = reader.value(key) else { return nil }
        if reader.acceptsTemplates, node.isTemplate { return nil }
        if isText(text) { return text }
        reader.problems.add("must not contain a zero byte, and not be longer than 4096 bytes", at: node)
        return nil
    }

    private static func isText(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 4096 && !text.utf8.contains(0)
    }

    private static func path(_ key: String, _ reader: MappingReader, _ directory: String) -> String? {
        // libpq 16 takes "system" for the system's authorities.
        text(key, reader).map { $0 == "system" ? $0 : absolute($0, directory) }
    }

    private static func absolute(_ path: String, _ directory: String) -> String {
        path.hasPrefix("/") || directory.isEmpty ? path : directory + "/" + path
    }

    private static func password(_ reader: MappingReader, acceptsTemplates: Bool) -> Secret? {
        guard let reference = reader.secret("password"), let node = reader.value("password") else { return nil }
        switch reference {
        case .literal(let secret):
            if isText(secret.reveal()) || secret.reveal().isEmpty { return secret }
            reader.problems.add("must not contain a zero byte, and not be longer than 4096 bytes", at: node)
        case .environment, .file:
            // Secrets are resolved when a template is rendered.
            if !acceptsTemplates { reader.problems.add("the secret has not been resolved", at: node) }
        }
        return nil
    }

    private static func items(_ node: SettingsNode, _ problems: ProblemList) -> [SettingsNode] {
        switch node.content {
        case .scalar: return [node]
        case .sequence(let items): return items
        default:
            problems.add("expected a list of paths, found \(node.found)", at: node)
            return []
        }
    }
}
