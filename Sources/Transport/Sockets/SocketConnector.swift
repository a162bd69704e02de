import Glibc

/// Makes a connected, non-blocking socket for an endpoint.
struct SocketConnector {
    let resolver: HostResolver
    let reactor: Reactor
    let deadline: ContinuousClock.Instant

    /// How long to wait before a Unix socket whose queue of connections is full is tried again.
    private static let retryDelay = Duration.milliseconds(5)

    /// - Returns: A descriptor that the caller owns.
    func connect(to endpoint: SocketEndpoint) async throws -> Int32 {
        switch endpoint {
        case .tcp(let host, let port): return try await connect(host, port, SOCK_STREAM, endpoint)
        case .udp(let host, let port): return try await connect(host, port, SOCK_DGRAM, endpoint)
        case .unix(let path): return try await connect(path, SOCK_STREAM, endpoint)
        case .unixgram(let path): return try await connect(path, SOCK_DGRAM, endpoint)
        }
    }

    /// Tries every address of a host. Each gets its share of the time that is left, so that one that does not answer
    /// leaves time for the others.
    private func connect(
        _ host: String,
        _ port: UInt16,
        _ kind: __socket_type,
        _ endpoint: SocketEndpoint
    ) async throws -> Int32 {
        guard port > 0 else { throw TransportError(code: .invalidEndpoint, message: "\(endpoint): port 0") }
        let names = try await resolver.addresses(of: host, until: deadline)
        var failure = TransportError(code: .notFound, message: "cannot connect to \(endpoint): no address")
        for (index, name) in names.enumerated() {
            guard let address = SocketAddress(numeric: name, port: port) else { continue }
            let now = ContinuousClock.now
            guard now < deadline || index == 0 else { break }
            let share = now + (deadline - now) / (names.count - index)
            do {
                return try await connect(address, kind, until: share)
            } catch let error as TransportError where error.code != .notRunning {
                let place = name == host ? "" : " at \(name)"
                failure = TransportError(
                    code: error.code,
                    message: "cannot connect to \(endpoint)\(place): \(error.message)"
                )
            }
        }
        throw failure
    }

    private func connect(_ path: String, _ kind: __socket_type, _ endpoint: SocketEndpoint) async throws -> Int32 {
        guard let address = SocketAddress(path: path) else {
            let message = "\(endpoint): expected a path of 1 to \(SocketEndpoint.maximumPath) bytes"
            throw TransportError(code: .invalidEndpoint, message: message)
        }
        do {
            return try await connect(address, kind, until: deadline)
        } catch let error as TransportError where error.code != .notRunning {
            throw TransportError(code: error.code, message: "cannot connect to \(endpoint): \(error.message)")
        }
    }

    private func connect(
        _ address: SocketAddress,
        _ kind: __socket_type,
        until deadline: ContinuousClock.Instant
    ) async throws -> Int32 {
        let type = Int32(kind.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(address.family, type, 0)
        guard descriptor >= 0 else { throw TransportError(errno: errno, doing: "make a socket") }
        do {
            try await connect(descriptor, address, until: deadline)
            if address.family != AF_UNIX, kind == SOCK_STREAM { try prepareStream(descriptor) }
            return descriptor
        } catch {
            reactor.forget(descriptor)
            close(descriptor)
            throw error
        }
    }

    private func connect(
        _ descriptor: Int32,
        _ address: SocketAddress,
        until deadline: ContinuousClock.Instant
    ) async throws {
        while true {
            var code = address.connect(descriptor)
            if code == EINPROGRESS || code == EINTR || code == EALREADY {
                try await reactor.wait(for: descriptor, .writable, until: deadline)
                var length = socklen_t(MemoryLayout<Int32>.size)
                if getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) != 0 { code = errno }
            }
            if code == 0 { return }
            // Only Unix sockets say this, when too many wait to be accepted; nothing tells when that is over.
            guard code == EAGAIN else {
                throw TransportError(code: .refused, message: String(cString: strerror(code)))
            }
            guard .now + Self.retryDelay < deadline else {
                throw TransportError(code: .timedOut, message: "too many connections wait to be accepted")
            }
            try await Task.sleep(for: Self.retryDelay)
        }
    }

    private func prepareStream(_ descriptor: Int32) throws(TransportError) {
        if SocketAddress.isConnectedToItself(descriptor) {
            throw TransportError(code: .refused, message: String(cString: strerror(ECONNREFUSED)))
        }
        var on: Int32 = 1
        let length = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, length)
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, length)
    }
}
