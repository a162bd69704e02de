import Glibc

/// The thread of an ``HTTPFixture``: reads requests, writes replies.
struct HTTPFixtureLoop {
    enum Event {
        case accepted
        case closed
        case request(HTTPFixture.Request)
        case woken
    }

    enum End {
        case staysOpen
        case closes
        case resets
        case isSilent
    }

    struct Reply {
        var connection: Int
        var bytes: [UInt8]
        var end: End
    }

    private struct Head {
        var request: HTTPFixture.Request
        var bodyStart: Int
        var bodyLength: Int
    }

    private struct Connection {
        var number: Int
        var input: [UInt8] = []
        /// The request whose headers have come; its body may not have.
        var head: Head?
        var output: [UInt8] = []
        /// What happens when the output is written.
        var end = End.staysOpen
        /// A request waits for its reply; further ones wait in the input.
        var isBusy = false
        var isFinished = false
    }

    let listener: Int32
    let stop: Int32
    let wake: Int32
    let handle: (Event) -> [Reply]
    private var connections: [Int32: Connection] = [:]
    private var descriptors: [Int: Int32] = [:]
    private var lastNumber = -1

    init(listener: Int32, stop: Int32, wake: Int32, handle: @escaping (Event) -> [Reply]) {
        self.listener = listener
        self.stop = stop
        self.wake = wake
        self.handle = handle
    }

    mutating func run() {
        defer {
            for descriptor in Array(connections.keys) { end(descriptor) }
            for descriptor in [listener, stop, wake] { close(descriptor) }
        }
        while true {
            var entries = [stop, wake, listener].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            for (descriptor, connection) in connections {
                let events = connection.output.isEmpty ? POLLIN : POLLIN | POLLOUT
                entries.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
            }
            if poll(&entries, nfds_t(entries.count), -1) < 0 { continue }
            if entries[0].revents != 0 { return }
            if entries[1].revents != 0 {
                var bytes = [UInt8](repeating: 0, count: 256)
                _ = recv(wake, &bytes, bytes.count, Int32(MSG_DONTWAIT))
                for reply in handle(.woken) { take(reply) }
            }
            if entries[2].revents != 0 { accept() }
            for entry in entries.dropFirst(3) where entry.revents != 0 { serve(entry.fd, events: Int32(entry.revents)) }
        }
    }

    private mutating func accept() {
        let descriptor = Glibc.accept(listener, nil, nil)
        guard descriptor >= 0 else { return }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        lastNumber += 1
        connections[descriptor] = Connection(number: lastNumber)
        descriptors[lastNumber] = descriptor
        _ = handle(.accepted)
    }

    private mutating func serve(_ descriptor: Int32, events: Int32) {
        if events & POLLOUT != 0 { write(descriptor) }
        guard connections[descriptor] != nil, events & (POLLIN | POLLHUP | POLLERR) != 0 else { return }
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count > 0 {
            connections[descriptor]?.input += chunk[..<count]
            takeRequests(of: descriptor)
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
            end(descriptor)
        }
    }

    private mutating func takeRequests(of descriptor: Int32) {
        while var connection = connections[descriptor], !connection.isBusy, !connection.isFinished {
            guard let head = connection.head ?? Self.parse(connection.input, connection: connection.number) else {
                return
            }
            let end = head.bodyStart + head.bodyLength
            guard connection.input.count >= end else {
                connections[descriptor]?.head = head
                return
            }
            var request = head.request
            request.body = Array(connection.input[head.bodyStart..<end])
            connection.input.removeFirst(end)
            connection.head = nil
            connection.isBusy = true
            connections[descriptor] = connection
            for reply in handle(.request(request)) { take(reply) }
        }
    }

    private mutating func take(_ reply: Reply) {
        guard let descriptor = descriptors[reply.connection] else { return }
        connections[descriptor]?.output += reply.bytes
        connections[descriptor]?.end = reply.end
        if reply.end != .isSilent { connections[descriptor]?.isBusy = false }
        if reply.end == .closes || reply.end == .resets { connections[descriptor]?.isFinished = true }
        write(descriptor)
        takeRequests(of: descriptor)
    }

    private mutating func write(_ descriptor: Int32) {
        guard var connection = connections[descriptor] else { return }
        while !connection.output.isEmpty {
            let count = send(descriptor, connection.output, connection.output.count, Int32(MSG_NOSIGNAL))
            if count < 0 {
                if errno == EINTR { continue }
                if errno != EAGAIN { end(descriptor) } else { connections[descriptor] = connection }
                return
            }
            connection.output.removeFirst(count)
        }
        connections[descriptor] = connection
        switch connection.end {
        case .staysOpen, .isSilent: break
        case .closes: end(descriptor)
        case .resets:
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
            end(descriptor)
        }
    }

    private mutating func end(_ descriptor: Int32) {
        guard let connection = connections.removeValue(forKey: descriptor) else { return }
        descriptors[connection.number] = nil
        close(descriptor)
        _ = handle(.closed)
    }

    /// The first request in the bytes, without its body; nil while its headers are not complete.
    private static func parse(_ bytes: [UInt8], connection: Int) -> Head? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        var lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")[...]
        let first = lines.popFirst()?.split(separator: " ") ?? []
        let headers = lines.map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: String(parts[0]), value: String((parts.count > 1 ? parts[1] : "").drop { $0 == " " }))
        }
        let length = headers.first { $0.name.lowercased() == "content-length" }.flatMap { Int($0.value) } ?? 0
        let request = HTTPFixture.Request(
            method: first.first.map(String.init) ?? "",
            target: first.count > 1 ? String(first[1]) : "",
            headers: headers,
            body: [],
            connection: connection
        )
        return Head(request: request, bodyStart: end.upperBound, bodyLength: max(0, length))
    }
}
