import ExporterKit
import Exposition
import PostgresClient
import TestSupport
import Testing

@testable import PostgresExporter

@Suite(
    .serialized,
    .enabled(if: Requirement.postgres.isMet && Executable.find("openssl") != nil),
    .timeLimit(.minutes(5))
)
struct PostgresTLSTests {
    private func cluster(_ folder: TemporaryFolder) async throws -> PostgresCluster {
        let (certificate, key) = (folder.path("server.crt"), folder.path("server.key"))
        try await Command.output([
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=db.test", "-addext",
            "subjectAltName=DNS:db.test,IP:127.0.0.1", "-keyout", key, "-out", certificate,
        ])
        try await Command.output(["chown", "postgres:", certificate, key])
        try await Command.output(["chmod", "600", key])
        return try await PostgresCluster.start(
            .init(
                settings: ["ssl": "on", "ssl_cert_file": certificate, "ssl_key_file": key],
                hostBasedAuthentication: "local all all trust\nhostssl all all 127.0.0.1/32 trust\n"
            )
        )
    }

    private let queries = queryFile([
        "encrypted": "SELECT ssl::int AS x FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        // Larger than a TLS record and than libpq's buffer.
        "large": "SELECT max(length(t)) AS x, string_agg(t, '') FROM (SELECT repeat('x', 100000) AS t) AS s",
        "many": "SELECT count(*) AS x, string_agg(n::text, ',') FROM generate_series(1, 50000) AS n",
    ])

    @Test func connectionsAreEncryptedWhereTheServerCan() async throws {
        let folder = try TemporaryFolder()
        let cluster = try await cluster(folder)
        let bench = try Bench { _ in .success(["127.0.0.1"]) }
        for (mode, host) in [
            (.prefer, "127.0.0.1"), (.require, "127.0.0.1"), (.verifyFull, "db.test"), (.verifyFull, "127.0.0.1"),
        ] as [(PostgresSSLMode, String)] {
            var configuration = bench.configuration(cluster)
            configuration.host = host
            configuration.sslMode = mode
            if mode == .verifyFull { configuration.sslRootCertificate = folder.path("server.crt") }
            let exporter = try bench.exporter(configuration, queries)
            try await exporter.setUp()
            for _ in 0..<3 {
                let batch = try await exporter.collectAll()
                #expect(batch.errors == [:])
                #expect(batch.value("encrypted") == 1)
                #expect(batch.value("large") == 100_000)
                #expect(batch.value("many") == 50_000)
            }
            await exporter.close()
        }
    }

    @Test func aCertificateOfAnotherHostIsRefused() async throws {
        let folder = try TemporaryFolder()
        let cluster = try await cluster(folder)
        let bench = try Bench { _ in .success(["127.0.0.1"]) }
        var configuration = bench.configuration(cluster)
        configuration.host = "other.test"
        configuration.sslMode = .verifyFull
        configuration.sslRootCertificate = folder.path("server.crt")
        let wrongHost = try bench.exporter(configuration, queries)
        let error = await #expect(throws: PostgresError.self) { try await wrongHost.setUp() }
        #expect(error?.code == .cannotConnect)
        #expect(error?.message.contains("does not match host name") == true, "\(error?.message ?? "")")
        configuration.sslMode = .disable
        let plain = try bench.exporter(configuration, queries)
        await #expect(throws: PostgresError.self) { try await plain.setUp() }
        await wrongHost.close()
        await plain.close()
    }
}
