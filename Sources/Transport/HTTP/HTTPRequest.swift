/// A request to an HTTP server, and within which bounds its answer is wanted.
public struct HTTPRequest: Sendable {
    /// The method, such as `GET`.
    public var method: String
    /// The address: `http` or `https`, without credentials.
    public var url: String
    /// Header fields to send. `Content-Length` and `Transfer-Encoding` are the client's own.
    public var headers: [HTTPHeader]
    /// What to send after the headers.
    public var body: [UInt8]
    /// How long everything may take, from the look-up of the name to the last byte, redirects included.
    public var timeout: Duration
    /// How long it may take to look the name up, and then to be connected.
    public var connectTimeout: Duration
    /// How many bytes the answer's body may have, decompressed.
    public var maximumBody: Int
    /// Whether a longer body is cut, see ``HTTPResponse/isTruncated``, instead of being an error.
    public var keepsTruncatedBody: Bool
    /// Who sends it.
    public var authentication: HTTPAuthentication?
    /// How `https` connections are made.
    public var tls: TLSSettings
    /// The path of a Unix socket to connect to, instead of the URL's host.
    public var unixSocket: String?
    /// Whether redirects are followed, at most 5. Another host than the first gets no credentials.
    public var followsRedirects: Bool
    /// The proxy to use: `http://`, `https://` or `socks5h://`, with credentials if it needs them. Nil for none; the
    /// environment has no say.
    public var proxy: String?
    /// Whether the server is told that the answer may be compressed.
    public var acceptsCompression: Bool

    /// Creates a request with the usual bounds: 10 seconds, 5 of them to be connected, and 1 MiB.
    public init(
        method: String = "GET",
        url: String,
        headers: [HTTPHeader] = [],
        body: [UInt8] = [],
        timeout: Duration = .seconds(10),
        connectTimeout: Duration = .seconds(5),
        maximumBody: Int = 1 << 20,
        keepsTruncatedBody: Bool = false,
        authentication: HTTPAuthentication? = nil,
        tls: TLSSettings = TLSSettings(),
        unixSocket: String? = nil,
        followsRedirects: Bool = false,
        proxy: String? = nil,
        acceptsCompression: Bool = true
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.connectTimeout = connectTimeout
        self.maximumBody = maximumBody
        self.keepsTruncatedBody = keepsTruncatedBody
        self.authentication = authentication
        self.tls = tls
        self.unixSocket = unixSocket
        self.followsRedirects = followsRedirects
        self.proxy = proxy
        self.acceptsCompression = acceptsCompression
    }
}

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The method and the server. What follows in the address may hold a secret, as headers and bodies may: the path of a
    /// webhook is often its only credential.
    public var description: String { Self.withoutSecrets(method) + " " + Self.withoutSecrets(url) }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Nothing, so that a dump shows no secrets.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// A URL without what may be secret in it, which leaves the scheme, the host and the port; fit for one line of a log.
    static func withoutSecrets(_ url: String) -> String {
        var rest = url[...]
        let start = rest.firstRange(of: "://")?.upperBound ?? rest.startIndex
        let authority = rest[start...].prefix { !"/?#".contains($0) }
        rest = rest[..<authority.endIndex]
        if let at = authority.lastIndex(of: "@") { rest.removeSubrange(start...at) }
        var line = ""
        for scalar in rest.unicodeScalars.prefix(200) {
            line.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? "\u{FFFD}" : scalar)
        }
        return line
    }
}
