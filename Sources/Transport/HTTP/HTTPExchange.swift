/// A request that has been checked, in the terms of libcurl.
struct HTTPExchange: Sendable {
    let method: String
    let body: [UInt8]
    let address: HTTPAddress
    /// The URL for libcurl: with the server name of the TLS settings in the place of the host, if there is one.
    let url: String
    /// Header lines for libcurl.
    let headerLines: [String]
    let hasUserAgent: Bool
    let authentication: HTTPAuthentication?
    let tls: TLSSettings
    let unixSocket: String?
    let proxy: HTTPProxy?
    /// Where to connect instead of to the URL's host, as libcurl wants it.
    let connectTo: String?
    let acceptsCompression: Bool
    let maximumBody: Int
    let keepsTruncatedBody: Bool
    let connectTimeout: Duration
    let deadline: ContinuousClock.Instant
    /// The addresses of the host or proxy, as libcurl wants them.
    var resolution: String?

    /// The name that has to be looked up, unless it is an address.
    var peer: (host: String, port: UInt16)? {
        if unixSocket != nil { return nil }
        return proxy.map { ($0.host, $0.port) } ?? (address.bareHost, address.port)
    }

    /// What counts as one host for the number of connections.
    var hostKey: String {
        if let unixSocket { return unixSocket }
        return proxy?.text ?? "\(address.host):\(address.port)"
    }

    /// Checks a request.
    ///
    /// - Throws: ``HTTPError`` with the code ``HTTPError/Code/badRequest``.
    init(_ request: HTTPRequest, to address: HTTPAddress, deadline: ContinuousClock.Instant) throws(HTTPError) {
        try Self.checkMethod(request)
        try Self.checkAuthentication(request)
        try Self.checkFiles(request)
        method = request.method
        body = request.body
        self.address = address
        authentication = request.authentication
        tls = request.tls
        unixSocket = request.unixSocket
        proxy = try request.unixSocket == nil ? request.proxy.map(HTTPProxy.init) : nil
        acceptsCompression = request.acceptsCompression
        maximumBody = request.maximumBody
        keepsTruncatedBody = request.keepsTruncatedBody
        connectTimeout = request.connectTimeout
        self.deadline = deadline
        hasUserAgent = request.headers.contains { HTTPHeaders.isSame($0.name, "user-agent") }

        var lines = try request.headers.map(Self.line)
        func has(_ name: String) -> Bool { request.headers.contains { HTTPHeaders.isSame($0.name, name) } }
        // Neither a type that was not asked for, nor a second of waiting before a large body.
        if !has("content-type") { lines.append("Content-Type:") }
        if !has("expect") { lines.append("Expect:") }
        if case .bearer(let token)? = request.authentication?.kind { lines.append("Authorization: Bearer \(token)") }
        if let name = request.tls.serverName, address.isEncrypted {
            url = try address.replacingHost(by: name).text
            connectTo = "::\(address.host):\(address.port)"
            if !has("host") { lines.append("Host: \(address.authority)") }
        } else {
            url = address.text
            connectTo = nil
        }
        headerLines = lines
    }

    /// Adds the addresses that were found for ``peer``.
    mutating func resolve(_ host: String, _ port: UInt16, to addresses: [String]) {
        let usable = addresses.filter { !$0.contains("%") }.map { $0.contains(":") ? "[\($0)]" : $0 }
        // With the plus it is forgotten after a while, as what libcurl looks up itself.
        if !usable.isEmpty { resolution = "+\(host):\(port):\(usable.joined(separator: ","))" }
    }

    private static func line(_ header: HTTPHeader) throws(HTTPError) -> String {
        guard isToken(header.name) else { throw refused("a header's name is not a token") }
        for owned in ["content-length", "transfer-encoding"] where HTTPHeaders.isSame(header.name, owned) {
            throw refused("the header \(header.name) is the client's own")
        }
        guard isText(header.value) else { throw refused("the header \(header.name) has control characters in it") }
        // This is how libcurl knows an empty field from one that it should leave out.
        return header.value.utf8.allSatisfy { $0 == 0x20 || $0 == 9 }
            ? "\(header.name);" : "\(header.name): \(header.value)"
    }

    private static func checkMethod(_ request: HTTPRequest) throws(HTTPError) {
        guard isToken(request.method), request.method != "CONNECT" else {
            throw refused("the method cannot be used")
        }
        guard request.method != "HEAD" || request.body.isEmpty else { throw refused("HEAD has no body") }
    }

    private static func checkAuthentication(_ request: HTTPRequest) throws(HTTPError) {
        guard let authentication = request.authentication else { return }
        guard !request.headers.contains(where: { HTTPHeaders.isSame($0.name, "authorization") }) else {
            throw refused("there are an authentication and a header Authorization")
        }
        switch authentication.kind {
        case .bearer(let token):
            guard !token.isEmpty, isText(token) else { throw refused("the token is empty or has control characters") }
        case .basic(let user, let password), .digest(let user, let password):
            guard isText(user), isText(password) else {
                throw refused("the user's name or the password has control characters")
            }
            guard !user.utf8.contains(UInt8(ascii: ":")) else { throw refused("the user's name has a colon") }
        }
    }

    private static func checkFiles(_ request: HTTPRequest) throws(HTTPError) {
        let tls = request.tls
        for case let text? in [tls.caFile, tls.certificateFile, tls.keyFile, tls.serverName, request.unixSocket] {
            guard !text.isEmpty, !text.utf8.contains(0) else { throw refused("an empty path or name, or a zero byte") }
        }
        if let path = request.unixSocket, path.utf8.count > SocketEndpoint.maximumPath {
            throw refused("the path of the Unix socket is longer than \(SocketEndpoint.maximumPath) bytes")
        }
    }

    /// Whether a text is a token: RFC 9110, section 5.6.2.
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// Whether a text has no control characters but tabs.
    private static func isText(_ text: String) -> Bool {
        text.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 9 }
    }

    private static func refused(_ message: String) -> HTTPError {
        HTTPError(code: .badRequest, message: message)
    }
}

extension HTTPError {
    /// The error with the method and the address of an exchange in its message.
    func naming(_ exchange: HTTPExchange) -> HTTPError {
        let place = "\(exchange.method) \(HTTPRequest.withoutSecrets(exchange.address.text))"
        return HTTPError(code: code, message: "\(place): \(message)")
    }
}
