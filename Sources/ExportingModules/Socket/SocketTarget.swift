import Transport

/// Where a module sends to, as it is configured: `tcp://host:port`, `udp6://[::1]:port`, `unix:///path` and so on.
struct SocketTarget: Sendable, Hashable {
    /// Which addresses of a host are used.
    enum Family: Sendable, Hashable {
        case any
        case ipv4
        case ipv6
    }

    /// Why a text is no target.
    struct Problem: Error {
        var message: String
    }

    /// The protocols, in the order in which they are named to people.
    static let protocols = ["tcp", "tcp4", "tcp6", "udp", "udp4", "udp6", "unix", "unixgram"]

    /// What is connected to.
    let endpoint: SocketEndpoint
    /// Which addresses of its host are used.
    let family: Family

    /// Whether what is sent is a stream of bytes; otherwise each record is a datagram.
    var isStream: Bool {
        switch endpoint {
        case .tcp, .unix: true
        case .udp, .unixgram: false
        }
    }

    /// Reads a target.
    ///
    /// - Parameters:
    ///   - text: The protocol, `://`, and the address.
    ///   - protocols: Those that are supported.
    init(_ text: String, protocols: [String] = Self.protocols) throws(Problem) {
        guard let separator = text.firstRange(of: "://"), protocols.contains(String(text[..<separator.lowerBound]))
        else {
            let known = protocols.map { "\($0)://" }.joined(separator: ", ")
            throw Problem(
                message: "expected an address that begins with one of \(known), found \"\(text.prefix(200))\""
            )
        }
        var name = text[..<separator.lowerBound]
        switch name.last {
        case "4": family = .ipv4
        case "6": family = .ipv6
        default: family = .any
        }
        if family != .any { name = name.dropLast() }
        do throws(TransportError) {
            endpoint = try SocketEndpoint(url: "\(name)\(text[separator.lowerBound...])")
        } catch {
            throw Problem(message: error.message)
        }
    }

    /// Connects.
    ///
    /// - Throws: `TransportError`, `CancellationError`.
    func connect(_ network: NetworkServices, until deadline: ContinuousClock.Instant) async throws -> StreamSocket {
        switch (endpoint, family) {
        case (.tcp(let host, let port), .ipv4), (.tcp(let host, let port), .ipv6):
            return try await connect(host, network, until: deadline) { .tcp(host: $0, port: port) }
        case (.udp(let host, let port), .ipv4), (.udp(let host, let port), .ipv6):
            return try await connect(host, network, until: deadline) { .udp(host: $0, port: port) }
        default:
            return try await connect(endpoint, network, until: deadline)
        }
    }

    /// Tries the addresses of the family, each with its share of the time.
    private func connect(
        _ host: String,
        _ network: NetworkServices,
        until deadline: ContinuousClock.Instant,
        endpoint: (String) -> SocketEndpoint
    ) async throws -> StreamSocket {
        let wantsIPv6 = family == .ipv6
        let addresses = try await network.resolver.addresses(of: host, until: deadline).filter {
            $0.contains(":") == wantsIPv6
        }
        let kind = wantsIPv6 ? "IPv6" : "IPv4"
        var failure = TransportError(code: .notFound, message: "\"\(host)\" has no \(kind) address")
        for (index, address) in addresses.enumerated() {
            let now = ContinuousClock.now
            guard now < deadline || index == 0 else { break }
            do {
                let share = now + (deadline - now) / (addresses.count - index)
                return try await connect(endpoint(address), network, until: share)
            } catch let error as TransportError {
                failure = error
            }
        }
        throw failure
    }

    private func connect(
        _ endpoint: SocketEndpoint,
        _ network: NetworkServices,
        until deadline: ContinuousClock.Instant
    ) async throws -> StreamSocket {
        try await StreamSocket.connect(
            endpoint,
            resolver: network.resolver,
            reactor: network.reactor,
            until: deadline
        )
    }
}
