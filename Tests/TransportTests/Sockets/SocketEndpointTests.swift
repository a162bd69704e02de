import Testing

@testable import Transport

@Suite struct SocketEndpointTests {
    @Test(arguments: [
        ("tcp://localhost:9009", SocketEndpoint.tcp(host: "localhost", port: 9009)),
        ("tcp://127.0.0.1:1", .tcp(host: "127.0.0.1", port: 1)),
        ("udp://[::1]:65535", .udp(host: "::1", port: 65535)),
        ("tcp://[fe80::1%lo]:8125", .tcp(host: "fe80::1%lo", port: 8125)),
        ("unix:///run/a.sock", .unix(path: "/run/a.sock")), ("unixgram:///dev/log", .unixgram(path: "/dev/log")),
    ])
    func endpointsAreReadAndWritten(text: String, endpoint: SocketEndpoint) throws {
        #expect(try SocketEndpoint(url: text) == endpoint)
        #expect("\(endpoint)" == text)
    }

    @Test(arguments: [
        ("", "unix:///path"), ("localhost:1", "tcp://host:port"), ("http://localhost:1", "tcp://host:port"),
        ("TCP://localhost:1", "tcp://host:port"), ("tcp://localhost", "host:port"), ("tcp://:1", "host name"),
        ("tcp://localhost:", "1 to 65535"), ("tcp://localhost:0", "1 to 65535"),
        ("tcp://localhost:65536", "1 to 65535"),
        ("tcp://localhost:-1", "1 to 65535"), ("tcp://localhost:+1", "1 to 65535"), ("tcp://localhost:１", "1 to 65535"),
        ("tcp://localhost:99999999999999999999", "1 to 65535"), ("tcp://localhost:1/path", "1 to 65535"),
        ("tcp://::1:80", "brackets"), ("tcp://[::1:80", "]"), ("tcp://[::1]80", "]"), ("tcp://[localhost]:80", "IPv6"),
        ("tcp://[127.0.0.1]:80", "IPv6"), ("tcp://[]:80", "IPv6"), ("udp://user@host:1", "host name"),
        ("udp://ho st:1", "host name"), ("tcp://a\0b:1", "host name"), ("unix://path", "absolute path"),
        ("unix:///", "absolute path"), ("unix://", "absolute path"), ("unixgram:///a\0", "zero"),
        ("unix:///\(String(repeating: "x", count: 107))", "107 bytes"),
    ])
    func whatIsNoEndpointIsAnErrorThatSaysWhatWasExpected(text: String, expectation: String) {
        let error = #expect(throws: TransportError.self) { try SocketEndpoint(url: text) }
        #expect(error?.code == .invalidEndpoint)
        #expect(error?.message.contains(expectation) == true, "\(String(describing: error))")
    }
}
