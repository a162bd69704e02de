import TestSupport
import Testing

@testable import Transport

private let opensslRequirement = Requirement("OpenSSL", programs: ["openssl"], package: "openssl")

/// Encrypted connections to a server of the openssl command, with an authority of our own.
@Suite(.timeLimit(.minutes(2)), .enabled(if: opensslRequirement.isMet, "needs the openssl command"))
struct HTTPTLSTests {
    /// An authority, and certificates by it.
    private struct Authority: Sendable {
        let folder: TemporaryFolder
        var file: String { folder.path("ca.pem") }

        init() async throws {
            try opensslRequirement.check()
            folder = try TemporaryFolder()
            try await openssl("req", "-x509", "-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.pem")
        }

        func issue(_ name: String, for subject: String) async throws {
            try await openssl(
                "req",
                "-x509",
                "-CA",
                folder.path("ca.pem"),
                "-CAkey",
                folder.path("ca.key"),
                "-subj",
                "/CN=\(name)",
                "-addext",
                "subjectAltName=\(subject)",
                "-keyout",
                "\(name).key",
                "-out",
                "\(name).pem"
            )
        }

        private func openssl(_ arguments: String...) async throws {
            let paths = arguments.map { $0.hasSuffix(".key") || $0.hasSuffix(".pem") ? folder.path(last($0)) : $0 }
            let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
            try await Command.output(["openssl"] + paths + key)
        }

        private func last(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }
    }

    private func serve(_ authority: Authority, _ name: String, _ options: [String] = []) async throws -> (
        ServerProcess, Int
    ) {
        let port = try FreePort.next()
        let folder = authority.folder
        let arguments =
            ["openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-www"]
            + ["-cert", folder.path("\(name).pem"), "-key", folder.path("\(name).key")] + options
        let server = try await ServerProcess.start(arguments, log: folder.path("\(name).log")) {
            // A connection would be an attempt that fails; the log says when it listens.
            try TextFile.read(folder.path("\(name).log")).contains("ACCEPT")
        }
        return (server, port)
    }

    @Test func onlyTheRightServerOfATrustedAuthorityIsSpokenTo() async throws {
        let (authority, stranger) = (try await Authority(), try await Authority())
        try await authority.issue("server", for: "IP:127.0.0.1,DNS:db.test")
        let (server, port) = try await serve(authority, "server")
        defer { server.kill() }
        let network = try RunningNetwork()
        let names = HostResolver(pool: BlockingPool()) { _ in .success(["127.0.0.1"]) }
        let client = HTTPClient(reactor: network.services.reactor, resolver: names)
        func get(_ host: String, _ tls: TLSSettings) async throws -> Transport.HTTPResponse {
            try await client.execute(HTTPRequest(url: "https://\(host):\(port)/", timeout: .seconds(30), tls: tls))
        }
        let trusted = TLSSettings(caFile: authority.file)
        for host in ["127.0.0.1", "db.test"] {
            #expect(try await get(host, trusted).text.contains("TLSv1.3"))
        }
        for (host, tls) in [
            ("other.test", trusted), ("127.0.0.1", TLSSettings()), ("127.0.0.1", TLSSettings(caFile: stranger.file)),
            ("127.0.0.1", TLSSettings(caFile: authority.folder.path("none.pem"))),
            ("127.0.0.1", TLSSettings(caFile: authority.file, serverName: "other.test")),
        ] {
            let error = await #expect(throws: HTTPError.self) { try await get(host, tls) }
            #expect(error?.code == .tls, "\(String(describing: error))")
        }
        #expect(try await get("other.test", TLSSettings(caFile: authority.file, serverName: "db.test")).status == 200)
        #expect(try await get("other.test", TLSSettings(verifies: false)).status == 200)
        // A connection that was made without a check is not used for those who want one.
        await #expect(throws: HTTPError.self) { try await get("other.test", trusted) }
    }

    @Test func theServersNameReplacesOnlyTheNameOfTheHandshake() async throws {
        let authority = try await Authority()
        try await authority.issue("server", for: "DNS:db.test")
        let (server, port) = try await serve(authority, "server", ["-WWW"])
        defer { server.kill() }
        let network = try RunningNetwork()
        let exchange = try HTTPExchange(
            HTTPRequest(url: "https://127.0.0.1:\(port)/a?b", tls: TLSSettings(serverName: "db.test")),
            to: HTTPAddress("https://127.0.0.1:\(port)/a?b"),
            deadline: .now
        )
        #expect(exchange.url == "https://db.test:\(port)/a?b")
        #expect(exchange.connectTo == "::127.0.0.1:\(port)")
        #expect(exchange.headerLines.contains("Host: 127.0.0.1:\(port)"))
        let tls = TLSSettings(caFile: authority.file, serverName: "db.test")
        let url = "https://127.0.0.1:\(port)/none"
        let answer = try await network.http.execute(HTTPRequest(url: url, timeout: .seconds(30), tls: tls))
        #expect(answer.text.contains("none"))
    }

    @Test func oldProtocolsAreRefused() async throws {
        let authority = try await Authority()
        try await authority.issue("server", for: "IP:127.0.0.1")
        let (server, port) = try await serve(authority, "server", ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
        defer { server.kill() }
        let network = try RunningNetwork()
        let request = HTTPRequest(url: "https://127.0.0.1:\(port)/", tls: TLSSettings(caFile: authority.file))
        let error = await #expect(throws: HTTPError.self) { try await network.http.execute(request) }
        #expect(error?.code == .tls)
    }

    @Test func aCertificateIsShownToServersThatWantOne() async throws {
        let authority = try await Authority()
        try await authority.issue("server", for: "IP:127.0.0.1")
        try await authority.issue("client", for: "DNS:client.test")
        let (server, port) = try await serve(
            authority,
            "server",
            ["-Verify", "2", "-verify_return_error", "-CAfile", authority.file]
        )
        defer { server.kill() }
        let network = try RunningNetwork()
        var tls = TLSSettings(caFile: authority.file)
        func get() async throws -> Transport.HTTPResponse {
            try await network.http.execute(
                HTTPRequest(url: "https://127.0.0.1:\(port)/", timeout: .seconds(30), tls: tls)
            )
        }
        await #expect(throws: HTTPError.self) { try await get() }
        tls.certificateFile = authority.folder.path("client.pem")
        tls.keyFile = authority.folder.path("client.key")
        #expect(try await get().text.contains("Client certificate"))
        // The key of another certificate, and one that needs a password, are errors; nobody is asked for it.
        tls.keyFile = authority.folder.path("server.key")
        await #expect(throws: HTTPError.self) { try await get() }
        let encrypted = authority.folder.path("encrypted.key")
        try await Command.output([
            "openssl", "pkey", "-in", authority.folder.path("client.key"), "-aes128", "-passout", "pass:x", "-out",
            encrypted,
        ])
        tls.keyFile = encrypted
        let error = await #expect(throws: HTTPError.self) { try await get() }
        #expect(error?.code == .tls)
    }

    @Test func aServerThatDoesNotShakeHandsIsGivenUp() async throws {
        let server = try HTTPFixture { _ in .init(200) }
        let network = try RunningNetwork()
        let error = await #expect(throws: HTTPError.self) {
            try await network.http.execute(
                HTTPRequest(url: "https://127.0.0.1:\(server.port)/", timeout: .milliseconds(300))
            )
        }
        #expect(error?.code == .timedOut)
    }
}
