import TestSupport
import Testing

@testable import Transport

/// What must not be sent, and must not be shown.
@Suite(.timeLimit(.minutes(1))) struct HTTPSecurityTests {
    private static let secret = "hunter2-s3cr3t"

    @Test(arguments: [
        HTTPHeader("X-A", "a\r\nX-Injected: 1"), HTTPHeader("X-A", "a\nb"), HTTPHeader("X-A", "a\rb"),
        HTTPHeader("X-A", "a\0b"), HTTPHeader("X-A\r\nX-Injected", "1"), HTTPHeader("X A", "1"), HTTPHeader("", "1"),
        HTTPHeader("X-A:", "1"), HTTPHeader("X-A\0", "1"), HTTPHeader("Content-Length", "5"),
        HTTPHeader("transfer-encoding", "chunked"), HTTPHeader("X-Ä", "1"), HTTPHeader("X-A", "\u{7F}"),
    ])
    func headersThatWouldSmuggleAreRefused(header: HTTPHeader) async throws {
        try await expectRefusal { $0.headers = [header] }
    }

    @Test func everythingElseThatIsNoRequestIsRefusedToo() async throws {
        for method in ["", "GET /x HTTP/1.1\r\nX: ", "GE T", "CONNECT", "G\0T"] {
            try await expectRefusal { $0.method = method }
        }
        for url in [
            "", "/x", "ftp://127.0.0.1/", "file:///etc/passwd", "127.0.0.1:80", "http://", "http://a b/",
            "http://127.0.0.1:0/", "http://127.0.0.1:70000/", "http://127.0.0.1/\r\nX: 1",
            "http://user:pass@127.0.0.1/",
            "http://127.0.0.1/\0", "gopher://127.0.0.1:1/", "http://[::1", "http://ä.test/",
        ] {
            try await expectRefusal { $0.url = url }
        }
        for token in ["", "a\r\nX: 1", "a\0"] { try await expectRefusal { $0.authentication = .bearer(token: token) } }
        try await expectRefusal { $0.authentication = .basic(user: "a:b", password: Self.secret) }
        try await expectRefusal { $0.authentication = .basic(user: "a", password: "\(Self.secret)\0") }
        try await expectRefusal { $0.authentication = .digest(user: "a\n", password: Self.secret) }
        try await expectRefusal {
            $0.authentication = .bearer(token: Self.secret)
            $0.headers = [HTTPHeader("authorization", Self.secret)]
        }
        for proxy in ["", "127.0.0.1:3128", "socks5://127.0.0.1:1080", "http://127.0.0.1", "http://u:\(Self.secret)@h"]
        {
            try await expectRefusal { $0.proxy = proxy }
        }
        try await expectRefusal { $0.unixSocket = "/\(String(repeating: "x", count: 107))" }
        try await expectRefusal { $0.unixSocket = "" }
        try await expectRefusal { $0.tls.caFile = "/a\0b" }
        try await expectRefusal {
            $0.method = "HEAD"
            $0.body = [1]
        }
    }

    private func expectRefusal(_ change: (inout HTTPRequest) -> Void) async throws {
        let server = try HTTPFixture { _ in .init(200) }
        let network = try RunningNetwork()
        var request = HTTPRequest(url: "\(server.url)/")
        change(&request)
        let error = await #expect(throws: HTTPError.self) { try await network.http.execute(request) }
        #expect(error?.code == .badRequest, "\(String(describing: error))")
        #expect(error?.message.contains(Self.secret) == false)
        #expect(error?.message.contains("pass@") == false)
        #expect(server.connectionCount == 0)
    }

    @Test func basicAndBearerAuthenticationAreSent() async throws {
        let server = try HTTPFixture { .init(200, text: $0.header("authorization") ?? "none") }
        let network = try RunningNetwork()
        let client = network.http
        var request = HTTPRequest(url: server.url, authentication: .basic(user: "Aladdin", password: "open sesame"))
        #expect(try await client.execute(request).text == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        request.authentication = .bearer(token: "abc.def-ghi")
        #expect(try await client.execute(request).text == "Bearer abc.def-ghi")
        request.authentication = nil
        // Nothing is left over on the kept connection.
        #expect(try await client.execute(request).text == "none")
        #expect(server.connectionCount == 1)
    }

    @Test func digestAuthenticationSendsNoPassword() async throws {
        let challenge = #"Digest realm="r", qop="auth", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv""#
        let server = try HTTPFixture { request in
            request.header("authorization") == nil
                ? .init(401, headers: [("WWW-Authenticate", challenge), ("X-Try", "1")], text: "go away")
                : .init(200, headers: [("X-Try", "2")], text: "welcome")
        }
        let network = try RunningNetwork()
        let answer = try await network.http.execute(
            HTTPRequest(url: "\(server.url)/a", authentication: .digest(user: "Mufasa", password: Self.secret))
        )
        #expect(answer.text == "welcome")
        #expect(answer.headers.all("x-try") == ["2"])
        let sent = try #require(server.requests.last?.header("authorization"))
        #expect(sent.hasPrefix("Digest username=\"Mufasa\"") && sent.contains("uri=\"/a\""))
        #expect(!sent.contains(Self.secret))
    }

    @Test func secretsAreInNoDescription() async throws {
        let secret = Self.secret
        for authentication in [
            HTTPAuthentication.basic(user: "u", password: secret), .bearer(token: secret),
            .digest(user: "u", password: secret),
        ] {
            let request = HTTPRequest(
                url: "http://127.0.0.1:1/path?token=\(secret)#\(secret)",
                headers: [HTTPHeader("X-Api-Key", secret)],
                body: Array(secret.utf8),
                authentication: authentication,
                proxy: "http://u:\(secret)@127.0.0.1:1"
            )
            var dumped = ""
            dump(request, to: &dumped)
            dump(authentication, to: &dumped)
            let network = try RunningNetwork()
            let error = await #expect(throws: HTTPError.self) { try await network.http.execute(request) }
            let texts = [
                dumped, "\(request)", String(reflecting: request), "\(authentication)",
                String(reflecting: authentication), "\([authentication])", "\(Optional(request) as Any)",
                error?.description ?? secret, error.map { String(reflecting: $0) } ?? secret,
            ]
            for text in texts { #expect(!text.contains(secret), "\(text)") }
            #expect("\(request)" == "GET http://127.0.0.1:1")
        }
        #expect(HTTPRequest.withoutSecrets("http://u:p@h:1/a?b") == "http://h:1")
        #expect(HTTPRequest.withoutSecrets("http://u:p@q@h/") == "http://h")
        #expect(HTTPRequest.withoutSecrets("u:p@h/a") == "h")
        #expect(HTTPRequest.withoutSecrets("http://h\r\nforged line") == "http://h\u{FFFD}\u{FFFD}forged line")
        #expect(HTTPRequest.withoutSecrets("https://hooks.test/services/SECRET#x") == "https://hooks.test")
    }

    @Test func redirectsAreFollowedOnlyIfWanted() async throws {
        let server = try HTTPFixture { request in
            request.path == "/start"
                ? .init(302, headers: [("Location", "/end?x=1")], text: "moved") : .init(200, text: "end")
        }
        let network = try RunningNetwork()
        var request = HTTPRequest(url: "\(server.url)/start")
        #expect(try await network.http.execute(request).status == 302)
        request.followsRedirects = true
        #expect(try await network.http.execute(request).text == "end")
        #expect(server.requests.map(\.target) == ["/start", "/start", "/end?x=1"])
    }

    @Test(arguments: [
        (301, "GET", false), (302, "GET", false), (303, "GET", false), (307, "POST", true), (308, "POST", true),
    ])
    func redirectsKeepTheMethodAsTheirStatusSays(status: Int, method: String, keepsBody: Bool) async throws {
        let server = try HTTPFixture { request in
            request.path == "/start" ? .init(status, headers: [("Location", "end")]) : .init(200)
        }
        let network = try RunningNetwork()
        let headers = [HTTPHeader("Content-Type", "text/plain")]
        let request = HTTPRequest(
            method: "POST",
            url: "\(server.url)/start",
            headers: headers,
            body: Array("body".utf8),
            followsRedirects: true
        )
        _ = try await network.http.execute(request)
        let last = try #require(server.requests.last)
        #expect(last.path == "/end")
        #expect(last.method == method)
        #expect(last.text == (keepsBody ? "body" : ""))
        #expect(last.header("content-type") == (keepsBody ? "text/plain" : nil))
    }

    @Test func redirectsEnd() async throws {
        let server = try HTTPFixture { request in
            let number = Int(request.query) ?? 0
            return number == 5 ? .init(200) : .init(302, headers: [("Location", "/?\(number + 1)")])
        }
        let network = try RunningNetwork()
        let five = HTTPRequest(url: "\(server.url)/?0", followsRedirects: true)
        #expect(try await network.http.execute(five).status == 200)
        let six = HTTPRequest(url: "\(server.url)/?-1", followsRedirects: true)
        let error = await #expect(throws: HTTPError.self) { try await network.http.execute(six) }
        #expect(error?.code == .protocolViolation)
        #expect(server.requests.count == 12)
    }

    @Test(arguments: ["file:///etc/passwd", "ftp://127.0.0.1/", "http://u:p@127.0.0.1/", "http://", "gopher://x"])
    func redirectsToElsewhereAreRefused(location: String) async throws {
        let server = try HTTPFixture { _ in .init(302, headers: [("Location", location)]) }
        let network = try RunningNetwork()
        let request = HTTPRequest(url: server.url, followsRedirects: true)
        let error = await #expect(throws: HTTPError.self) { try await network.http.execute(request) }
        #expect(error?.code == .protocolViolation)
    }

    @Test(arguments: [301, 302, 303, 307, 308]) func credentialsStayWithTheirHost(status: Int) async throws {
        let secret = Self.secret
        let other = try HTTPFixture { request in
            request.path == "/back" ? .init(status, headers: [("Location", request.query)]) : .init(200, text: "other")
        }
        let own = try HTTPFixture { request in
            switch request.path {
            case "/own": .init(status, headers: [("Location", "/stays")])
            case "/away": .init(status, headers: [("Location", "\(other.url)/page")])
            case "/round":
                .init(status, headers: [("Location", "\(other.url)/back?http://127.0.0.1:\(request.query)/home")])
            default: .init(200, text: "own")
            }
        }
        let network = try RunningNetwork()
        for authentication in [nil, HTTPAuthentication.bearer(token: secret), .basic(user: "u", password: secret)] {
            for start in ["/own", "/away", "/round?\(own.port)"] {
                var request = HTTPRequest(url: own.url + start, followsRedirects: true)
                request.headers = [
                    HTTPHeader("X-Api-Key", secret), HTTPHeader("Cookie", secret), HTTPHeader("Accept", "a/b"),
                ]
                request.authentication = authentication
                _ = try await network.http.execute(request)
            }
        }
        #expect(other.requests.count == 6)
        func isClean(_ request: HTTPFixture.Request) -> Bool {
            request.header("authorization") == nil && request.header("x-api-key") == nil
                && request.header("cookie") == nil
        }
        for request in other.requests {
            #expect(isClean(request))
            #expect(request.header("accept") == "a/b")
        }
        let stays = own.requests.filter { $0.path == "/stays" }
        #expect(stays.count == 3 && stays.allSatisfy { $0.header("x-api-key") == secret })
        #expect(stays.filter { $0.header("authorization") != nil }.count == 2)
        // What came back from the other host is trusted no more than that.
        let home = own.requests.filter { $0.path == "/home" }
        #expect(home.count == 3 && home.allSatisfy(isClean))
    }

    @Test func aRedirectDoesNotLeaveAUnixSocket() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("s")
        let outside = try HTTPFixture { _ in .init(200) }
        let server = try HTTPFixture(unixSocket: path) { _ in .init(302, headers: [("Location", outside.url)]) }
        let network = try RunningNetwork()
        let request = HTTPRequest(url: "\(server.url)/", unixSocket: path, followsRedirects: true)
        let error = await #expect(throws: HTTPError.self) { try await network.http.execute(request) }
        #expect(error?.code == .protocolViolation)
        #expect(outside.requests.isEmpty)
    }

    @Test func aProxyIsUsedOnlyIfItIsSaid() async throws {
        let proxy = try HTTPFixture {
            .init(200, text: "proxied \($0.target) \($0.header("proxy-authorization") ?? "")")
        }
        let network = try RunningNetwork()
        let request = HTTPRequest(url: "http://db.example.test/x", proxy: "http://u:p@127.0.0.1:\(proxy.port)")
        let answer = try await network.http.execute(request)
        #expect(answer.text == "proxied http://db.example.test/x Basic dTpw")
    }
}
