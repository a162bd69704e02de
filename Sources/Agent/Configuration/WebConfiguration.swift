import Settings

/// How the agent is reached over HTTP.
public struct WebConfiguration: Sendable {
    /// The host or IP address to listen on.
    public var host: String
    /// The port; 0 lets the system choose one.
    public var port: Int
    /// How many connections may be open at once; more wait in the kernel's queue.
    public var maximumConnections: Int
    /// How long a connection may be idle, and how long a client may refuse to read.
    public var idleTimeout: Duration

    /// The defaults: 127.0.0.1:9877.
    public init(
        host: String = "127.0.0.1",
        port: Int = 9877,
        maximumConnections: Int = 256,
        idleTimeout: Duration = .seconds(60)
    ) {
        self.host = host
        self.port = port
        self.maximumConnections = maximumConnections
        self.idleTimeout = idleTimeout
    }

    /// `host:port` as people write it: an IPv6 address in brackets.
    public var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Reads `HOST:PORT`, `[IPV6]:PORT` or `:PORT` (every address).
    ///
    /// - Returns: Nil if the text is none of these.
    public static func parseAddress(_ text: String) -> (host: String, port: Int)? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits), port <= 65535 else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        return (host.isEmpty ? "::" : host, port)
    }

    init(_ reader: MappingReader?) {
        self.init()
        guard let reader else { return }
        if let listen = reader.value("listen"), let text = reader.string("listen") {
            if let (host, port) = Self.parseAddress(text) {
                (self.host, self.port) = (host, port)
            } else {
                reader.problems.add("expected HOST:PORT, found \"\(text)\"", at: listen)
            }
        }
        maximumConnections = reader.integer("max_connections", in: 1...100_000) ?? maximumConnections
        idleTimeout = reader.duration("idle_timeout", in: .seconds(1) ... .seconds(3600)) ?? idleTimeout
        reader.finish()
    }
}
