import PostgresClient
import Settings
import Testing

@testable import PostgresExporter

@Suite struct PostgresSettingsTests {
    private func read(
        _ yaml: String,
        address: String = "10.0.0.5",
        port: Int? = nil,
        acceptsTemplates: Bool = false
    ) throws -> (configuration: PostgresConfiguration, files: [String], problems: [String]) {
        let node = try SettingsDocument.parse(yaml, file: "muster.yaml")
        let problems = ProblemList()
        let settings = PostgresSettings(
            node,
            directory: "/etc/muster",
            acceptsTemplates: acceptsTemplates,
            problems: problems
        )
        let configuration = settings.configuration(address: address, port: port, problems: problems)
        return (configuration, settings.queryFiles.map(\.path), problems.problems.map(\.description))
    }

    @Test func everyKeyIsRead() throws {
        let (configuration, files, problems) = try read(
            """
            user: monitor
            password: "p&w' #%"
            database: orders
            sslmode: verify-full
            sslrootcert: ca.pem
            sslcert: /etc/ssl/me.pem
            sslkey: me.key
            application_name: watcher
            pipeline: false
            statement_timeout: 2s
            connect_timeout: 500ms
            queries: [a.yaml, /b.yaml]
            """
        )
        #expect(problems == [])
        #expect(configuration.user == "monitor")
        #expect(configuration.password == Secret("p&w' #%"))
        #expect(configuration.database == "orders")
        #expect(configuration.sslMode == .verifyFull)
        #expect(configuration.sslRootCertificate == "/etc/muster/ca.pem")
        #expect(configuration.sslCertificate == "/etc/ssl/me.pem")
        #expect(configuration.sslKey == "/etc/muster/me.key")
        #expect(configuration.applicationName == "watcher")
        #expect(!configuration.usesPipeline)
        #expect(configuration.statementTimeout == .seconds(2))
        #expect(configuration.connectTimeout == .milliseconds(500))
        #expect(files == ["/etc/muster/a.yaml", "/b.yaml"])
    }

    @Test func defaultsAreSafe() throws {
        let (configuration, _, problems) = try read("queries: a.yaml")
        #expect(problems == [])
        #expect(configuration.sslMode == .prefer)
        #expect(configuration.usesPipeline)
        #expect(configuration.applicationName == "muster")
        #expect(configuration.database == "postgres")
        #expect(configuration.port == 5432)
        #expect(configuration.host == "10.0.0.5")
    }

    @Test(
        arguments: [
            ("::1", 5433, "::1", 5433, "[::1]:5433"),
            ("[fe80::1%eth0]", nil, "fe80::1%eth0", 5432, "[fe80::1%eth0]:5432"),
            ("/run/postgresql", nil, "/run/postgresql", 5432, "/run/postgresql:5432"),
            ("/run/postgresql/.s.PGSQL.5444", nil, "/run/postgresql", 5444, "/run/postgresql:5444"),
            ("/.s.PGSQL.1", nil, "/", 1, "/:1"), ("db.example", 1, "db.example", 1, "db.example:1"),
        ] as [(String, Int?, String, Int, String)]
    )
    func addressesOfEveryKind(address: String, port: Int?, host: String, number: Int, endpoint: String) throws {
        let (configuration, _, problems) = try read("queries: a.yaml", address: address, port: port)
        #expect(problems == [])
        #expect(configuration.host == host)
        #expect(configuration.port == number)
        #expect(configuration.endpoint == endpoint)
    }

    @Test func theTemplatesHostWins() throws {
        let (configuration, _, _) = try read("{host: /run/pg, queries: a.yaml}", port: 5433)
        #expect(configuration.host == "/run/pg")
        #expect(configuration.port == 5433)
    }

    @Test(arguments: [
        ("{}", "queries"), ("{queries: a.yaml, passwrod: x}", "did you mean \"password\""),
        ("{queries: a.yaml, sslmode: verify_full}", "did you mean \"verify-full\""),
        ("{queries: a.yaml, pipeline: maybe}", "true or false"),
        ("{queries: a.yaml, statement_timeout: 5}", "duration"),
        ("{queries: {a: b}}", "list of paths"), ("{queries: [{a: b}]}", "path of a query file"),
        ("{queries: [\"\"]}", "path of a query file"), ("{queries: a.yaml, host: \"a,b\"}", "one host"),
        ("{queries: a.yaml, user: \"a\\0b\"}", "zero byte"), ("{queries: a.yaml, password: \"a\\0b\"}", "zero byte"),
        ("{queries: a.yaml, password: {env: PW}}", "not been resolved"), ("[1, 2]", "mapping"),
    ])
    func mistakesAreNamed(yaml: String, part: String) throws {
        let (_, _, problems) = try read(yaml)
        #expect(problems.contains { $0.contains(part) }, "\(problems)")
        #expect(!problems.contains { $0.contains("a\0b") })
    }

    @Test func anAddressThatIsAListIsRefused() throws {
        let (_, _, problems) = try read("queries: a.yaml", address: "good,evil")
        #expect(problems.contains { $0.contains("one host") })
    }

    @Test func templatesStandForAnyValue() throws {
        let (_, files, problems) = try read(
            """
            user: ${option.user}
            database: ${option.db}
            sslmode: ${option.ssl}
            pipeline: ${option.pipeline}
            statement_timeout: ${option.timeout}
            password: {env: PGPASSWORD}
            queries: ["${option.file}", a.yaml]
            """,
            acceptsTemplates: true
        )
        #expect(problems == [])
        #expect(files == ["/etc/muster/a.yaml"])
    }
}
