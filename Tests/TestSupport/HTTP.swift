import Glibc

/// A small HTTP/1.1 client for tests: one request per connection, with a deadline for all of it.
public enum HTTP {
    /// Gets a page.
    ///
    /// - Parameters:
    ///   - url: `http://host:port/path?query`.
    ///   - headers: Added to `Host` and `Connection`.
    ///   - limit: How long it may take.
    /// - Throws: ``TestSupportError`` if there is no whole response in time. Any status code is a response.
    public static func get(
        _ url: String,
        headers: [String: String] = [:],
        within limit: Duration = .seconds(20)
    ) async throws -> HTTPResponse {
        try await request("GET", url, headers: headers, within: limit)
    }

    /// Makes any request; see ``get(_:headers:within:)``.
    ///
    /// - Throws: ``TestSupportError`` if there is no whole response in time.
    public static func request(
        _ method: String,
        _ url: String,
        headers: [String: String] = [:],
        body: [UInt8] = [],
        within limit: Duration = .seconds(20)
    ) async throws -> HTTPResponse {
        let address = try Address(url)
        var fields = ["Host": address.authority, "Connection": "close"]
        if !body.isEmpty || method == "POST" || method == "PUT" { fields["Content-Length"] = "\(body.count)" }
        for (name, value) in headers {
            for known in fields.keys where known.lowercased() == name.lowercased() { fields[known] = nil }
            fields[name] = value
        }
        let lines = fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }.joined()
        let bytes = Array("\(method) \(address.path) HTTP/1.1\r\n\(lines)\r\n".utf8) + body
        let deadline = ContinuousClock.now + limit
        do {
            return try await BlockingThread.run {
                try exchange(bytes, with: address, parser: HTTPResponseParser(method: method), until: deadline)
            }
        } catch let error as TestSupportError {
            throw TestSupportError("\(method) \(url): \(error.message)")
        }
    }

    /// The parts of a URL.
    private struct Address: Sendable {
        var host: String
        var port: String
        var path: String
        var authority: String

        init(_ url: String) throws {
            guard url.hasPrefix("http://") else { throw TestSupportError("not an http URL: \(url)") }
            let rest = url.dropFirst("http://".count)
            let split = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
            authority = String(rest[..<split])
            let path = String(rest[split...])
            self.path = path.hasPrefix("/") ? path : "/" + path
            if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
                host = String(authority[authority.index(after: authority.startIndex)..<end])
                let port = authority[authority.index(after: end)...].dropFirst()
                self.port = port.isEmpty ? "80" : String(port)
            } else {
                let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                host = String(parts[0])
                port = parts.count > 1 ? String(parts[1]) : "80"
            }
        }
    }

    private static func exchange(
        _ request: [UInt8],
        with address: Address,
        parser: consuming HTTPResponseParser,
        until deadline: ContinuousClock.Instant
    ) throws -> HTTPResponse {
        let descriptor = try connect(to: address, until: deadline)
        defer { close(descriptor) }
        var rest = request[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                try wait(for: descriptor, events: POLLOUT, until: deadline)
            } else if errno == EPIPE || errno == ECONNRESET {
                // A server may answer before it has read all, and close.
                break
            } else if errno != EINTR {
                throw TestSupportError("send: \(lastSystemError())")
            }
        }
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count >= 0 {
                if let response = try parser.feed(chunk[..<count]) { return response }
            } else if errno == EAGAIN {
                try wait(for: descriptor, events: POLLIN, until: deadline)
            } else if errno != EINTR {
                throw TestSupportError("recv: \(lastSystemError())")
            }
        }
    }

    private static func connect(to address: Address, until deadline: ContinuousClock.Instant) throws -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(address.host, address.port, &hints, &list)
        guard code == 0, let first = list else {
            throw TestSupportError("\(address.host): \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(list) }
        var reason = "no address"
        for entry in sequence(first: first, next: { $0.pointee.ai_next }) {
            let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
            let descriptor = socket(entry.pointee.ai_family, kind, 0)
            guard descriptor >= 0 else {
                reason = lastSystemError()
                continue
            }
            var failure: Int32 = 0
            if Glibc.connect(descriptor, entry.pointee.ai_addr, entry.pointee.ai_addrlen) != 0 {
                failure = errno
                if failure == EINPROGRESS {
                    do {
                        try wait(for: descriptor, events: POLLOUT, until: deadline)
                    } catch {
                        close(descriptor)
                        throw error
                    }
                    var length = socklen_t(MemoryLayout<Int32>.size)
                    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &length)
                }
            }
            if failure == 0 { return descriptor }
            close(descriptor)
            reason = String(cString: strerror(failure))
        }
        throw TestSupportError("cannot connect: \(reason)")
    }

    private static func wait(for descriptor: Int32, events: Int32, until deadline: ContinuousClock.Instant) throws {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { throw TestSupportError("no answer in time") }
            let milliseconds = Int32(clamping: Int64(left / .milliseconds(1)) + 1)
            let count = poll(&entry, 1, milliseconds)
            if count > 0 { return }
            if count < 0, errno != EINTR { throw TestSupportError("poll: \(lastSystemError())") }
        }
    }
}
