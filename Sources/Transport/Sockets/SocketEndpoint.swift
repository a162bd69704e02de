/// Where a socket connects to.
public enum SocketEndpoint: Sendable, Hashable {
    /// A stream over TCP. The host is a name or an address, IPv6 without brackets.
    case tcp(host: String, port: UInt16)
    /// Datagrams over UDP. The host is a name or an address, IPv6 without brackets.
    case udp(host: String, port: UInt16)
    /// A stream over a Unix socket.
    case unix(path: String)
    /// Datagrams over a Unix socket.
    case unixgram(path: String)

    /// Reads `tcp://host:port`, `udp://[::1]:port`, `unix:///path` or `unixgram:///path`.
    ///
    /// - Throws: ``TransportError`` with the code ``TransportError/Code/invalidEndpoint`` that says what was expected.
    public init(url: String) throws(TransportError) {
        guard let separator = url.firstRange(of: "://") else { throw Self.unexpected(url) }
        let rest = url[separator.upperBound...]
        switch url[..<separator.lowerBound] {
        case "tcp":
            let (host, port) = try Self.authority(rest, of: url)
            self = .tcp(host: host, port: port)
        case "udp":
            let (host, port) = try Self.authority(rest, of: url)
            self = .udp(host: host, port: port)
        case "unix":
            self = .unix(path: try Self.path(rest, of: url))
        case "unixgram":
            self = .unixgram(path: try Self.path(rest, of: url))
        default:
            throw Self.unexpected(url)
        }
    }

    /// How many bytes the path of a Unix socket may have; `sun_path` ends with a zero.
    static let maximumPath = 107

    private static func authority(_ text: Substring, of url: String) throws(TransportError) -> (String, UInt16) {
        guard let colon = text.lastIndex(of: ":") else { throw invalid(url, "there is no port: expected host:port") }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = UInt16(digits), port > 0
        else { throw invalid(url, "expected a port from 1 to 65535 after the last colon") }
        var host = text[..<colon]
        if host.hasPrefix("[") {
            guard host.hasSuffix("]") else { throw invalid(url, "expected ] after the IPv6 address") }
            host = host.dropFirst().dropLast()
            guard host.contains(":"), HostResolver.isNumeric(String(host)) else {
                throw invalid(url, "expected an IPv6 address between [ and ]")
            }
        } else if host.contains(":") {
            throw invalid(url, "expected an IPv6 address to be in brackets, as in [::1]:1234")
        }
        let isHost = host.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && !"/@?#[]".utf8.contains($0) }
        guard !host.isEmpty, host.utf8.count <= 255, isHost else {
            throw invalid(url, "expected a host name or an address before the port")
        }
        return (String(host), port)
    }

    private static func path(_ text: Substring, of url: String) throws(TransportError) -> String {
        guard text.hasPrefix("/"), text.utf8.count > 1 else {
            throw invalid(url, "expected an absolute path after ://, thus three slashes")
        }
        guard !text.utf8.contains(0) else { throw invalid(url, "expected a path without zero bytes") }
        guard text.utf8.count <= maximumPath else {
            throw invalid(url, "expected a path of at most \(maximumPath) bytes")
        }
        return String(text)
    }

    private static func unexpected(_ url: String) -> TransportError {
        invalid(url, "expected tcp://host:port, udp://host:port, unix:///path or unixgram:///path")
    }

    private static func invalid(_ url: String, _ expectation: String) -> TransportError {
        TransportError(code: .invalidEndpoint, message: "\"\(url.prefix(200))\": \(expectation)")
    }
}

extension SocketEndpoint: CustomStringConvertible {
    /// The endpoint as it is written in a configuration.
    public var description: String {
        switch self {
        case .tcp(let host, let port): "tcp://\(Self.bracketed(host)):\(port)"
        case .udp(let host, let port): "udp://\(Self.bracketed(host)):\(port)"
        case .unix(let path): "unix://\(path)"
        case .unixgram(let path): "unixgram://\(path)"
        }
    }

    private static func bracketed(_ host: String) -> String {
        host.contains(":") ? "[\(host)]" : host
    }
}
