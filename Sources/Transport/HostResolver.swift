import Glibc
import Synchronization

/// Turns host names into addresses, off the cooperative threads and with a deadline.
///
/// Lookups of one name that are under way are shared, so a name server that does not answer holds one thread per name,
/// not per service. Numeric addresses need no lookup.
public final class HostResolver: Sendable {
    /// Looks a name up, blocking: the addresses in the order in which they should be tried.
    public typealias Lookup = @Sendable (String) -> Result<[String], TransportError>

    private let pool: BlockingPool
    private let lookUp: Lookup
    private let underWay = Mutex<[String: Pending<Result<[String], TransportError>>]>([:])

    /// Creates a resolver.
    ///
    /// - Parameters:
    ///   - pool: Where lookups block.
    ///   - lookUp: How to look up; the default asks the system (`getaddrinfo`).
    public init(pool: BlockingPool, lookUp: @escaping Lookup = HostResolver.askSystem) {
        self.pool = pool
        self.lookUp = lookUp
    }

    /// The numeric addresses of a host, IPv4 or IPv6, in the order in which they should be tried; never empty.
    ///
    /// - Parameters:
    ///   - host: A name or a numeric address; IPv6 without brackets.
    ///   - deadline: When to give up.
    /// - Throws: ``TransportError``; `CancellationError` when the task is cancelled.
    public func addresses(of host: String, until deadline: ContinuousClock.Instant) async throws -> [String] {
        if Self.isNumeric(host) { return [host] }
        guard !host.isEmpty, host.utf8.count <= 255, !host.utf8.contains(0) else {
            throw TransportError(code: .notFound, message: "not a host name")
        }
        let pending = try join(host)
        do {
            return try await pending.value(until: deadline, clock: .continuous).get()
        } catch let error as TransportError where error.code == .timedOut {
            throw TransportError(code: .timedOut, message: "the look-up of \"\(host)\" timed out")
        }
    }

    /// Whether a text is an IPv4 or IPv6 address, which may have a zone (`fe80::1%eth0`).
    public static func isNumeric(_ host: String) -> Bool {
        var address = in6_addr()
        var address4 = in_addr()
        if inet_pton(AF_INET, host, &address4) == 1 { return true }
        return inet_pton(AF_INET6, String(host.prefix { $0 != "%" }), &address) == 1
    }

    private func join(_ host: String) throws(TransportError) -> Pending<Result<[String], TransportError>> {
        let (pending, isNew) = underWay.withLock { underWay in
            if let pending = underWay[host] { return (pending, false) }
            let pending = Pending<Result<[String], TransportError>>()
            underWay[host] = pending
            return (pending, true)
        }
        guard isNew else { return pending }
        do {
            try pool.submit { [self] in
                let result = lookUp(host)
                underWay.withLock { $0[host] = nil }
                pending.complete(with: result)
            }
        } catch {
            underWay.withLock { $0[host] = nil }
            pending.complete(with: .failure(error))
        }
        return pending
    }

    /// Asks the system, which may look at files, caches and name servers.
    public static func askSystem(_ host: String) -> Result<[String], TransportError> {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard code == 0 else {
            let reason = gai_strerror(code).map { String(cString: $0) } ?? "error \(code)"
            return .failure(TransportError(code: .notFound, message: "\"\(host)\" has no address: \(reason)"))
        }
        var addresses: [String] = []
        var next = list
        while let info = next?.pointee, addresses.count < 64 {
            next = info.ai_next
            var text = [CChar](repeating: 0, count: 1025)
            let length = socklen_t(text.count)
            guard getnameinfo(info.ai_addr, info.ai_addrlen, &text, length, nil, 0, NI_NUMERICHOST) == 0 else {
                continue
            }
            let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let address = String(decoding: bytes, as: UTF8.self)
            if !addresses.contains(address) { addresses.append(address) }
        }
        if addresses.isEmpty {
            return .failure(TransportError(code: .notFound, message: "\"\(host)\" has no address"))
        }
        return .success(addresses)
    }
}
