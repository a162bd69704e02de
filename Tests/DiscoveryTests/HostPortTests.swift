import Testing

@testable import Discovery

struct HostPortTests {
    @Test(
        arguments: [
            ("db", "db", nil), ("db:5432", "db", 5432), ("10.0.0.5:80", "10.0.0.5", 80), ("::1", "::1", nil),
            ("fe80::1%eth0", "fe80::1%eth0", nil), ("[::1]", "::1", nil), ("[::1]:5432", "::1", 5432),
            ("/run/postgresql", "/run/postgresql", nil), ("/tmp/a:5432", "/tmp/a:5432", nil),
            ("http://x:80/y", "http://x:80/y", nil), ("", "", nil),
        ] as [(String, String, Int?)]
    )
    func `an address is told from its port`(text: String, host: String, port: Int?) throws {
        let split = try HostPort(text)
        #expect(split.host == host)
        #expect(split.port == port)
    }

    @Test(arguments: [
        "db:", "db:x", "db:0", "db:65536", "db:-1", "db:+5", "[::1", "[::1]5", "[::1]:", "db:99999999999999999999",
    ])
    func `what follows the colon must be a port`(text: String) {
        #expect(throws: HostPort.Fault.self) { try HostPort(text) }
    }
}
