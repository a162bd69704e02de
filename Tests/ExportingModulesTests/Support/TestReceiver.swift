import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// Receives what a module sends: a listening socket, and a thread that reads from all of its connections.
final class TestReceiver: Sendable {
    enum Kind: Sendable {
        case tcp
        case tcp6
        case udp
        case unix(path: String)
        case unixgram(path: String)
    }

    struct Connection: Sendable {
        var descriptor: Int32
        var bytes: [UInt8] = []
        var isOpen = true
    }

    private struct State {
        var connections: [Connection] = []
        var datagrams: [[UInt8]] = []
        var reads: Bool
        /// Set when the connections are to be closed: whether with a reset.
        var closing: Bool?
    }

    let url: String
    let port: Int
    private let kind: Kind
    private let listener: Int32
    private let isStopped = Atomic(false)
    private let hasEnded: Gate
    private let state: Mutex<State>

    /// - Parameters:
    ///   - port: Where it listens, of those that have ports; nil for one that nothing else takes, not even after a stop.
    ///   - reads: Whether it reads from the beginning; ``startReading()`` does it later.
    init(_ kind: Kind, port: Int? = nil, reads: Bool = true) throws {
        self.kind = kind
        state = Mutex(State(reads: reads))
        hasEnded = Gate()
        let isStream: Bool
        let family: Int32
        switch kind {
        case .tcp: (isStream, family) = (true, AF_INET)
        case .tcp6: (isStream, family) = (true, AF_INET6)
        case .udp: (isStream, family) = (false, AF_INET)
        case .unix: (isStream, family) = (true, AF_UNIX)
        case .unixgram: (isStream, family) = (false, AF_UNIX)
        }
        let type = (isStream ? SOCK_STREAM.rawValue : SOCK_DGRAM.rawValue) | SOCK_CLOEXEC.rawValue
        let port = try port ?? FreePort.next()
        listener = socket(family, Int32(type), 0)
        var on: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        // Small, so that a reader that does not read is noticed soon.
        var size: Int32 = 16_384
        if case .unixgram = kind {
        } else if !reads {
            setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        guard Self.bind(listener, kind, port), !isStream || listen(listener, 16) == 0 else {
            throw POSIXError(.EADDRINUSE)
        }
        self.port = port
        switch kind {
        case .tcp: url = "tcp://127.0.0.1:\(self.port)"
        case .tcp6: url = "tcp6://[::1]:\(self.port)"
        case .udp: url = "udp://127.0.0.1:\(self.port)"
        case .unix(let path): url = "unix://\(path)"
        case .unixgram(let path): url = "unixgram://\(path)"
        }
        Thread.detachNewThread { [self] in
            run(isStream)
            hasEnded.open()
        }
    }

    /// Closes everything; who sends gets errors from then on.
    func stop(reset: Bool = false) async {
        isStopped.store(true, ordering: .releasing)
        await hasEnded.wait()
        closeAll(reset: reset)
        close(listener)
        switch kind {
        case .unix(let path), .unixgram(let path): unlink(path)
        default: break
        }
    }

    func startReading() { state.withLock { $0.reads = true } }

    /// Closes what is open, but goes on to listen.
    func closeConnections(reset: Bool = false) async throws {
        state.withLock { $0.closing = .some(reset) }
        try await waitUntil("the connections are closed") { state.withLock { $0.closing == nil } }
    }

    /// On the thread, because a connection that it polls stays open until the poll ends.
    private func closeAll(reset: Bool) {
        state.withLock { state in
            state.closing = nil
            for index in state.connections.indices where state.connections[index].isOpen {
                if reset {
                    var linger = linger(l_onoff: 1, l_linger: 0)
                    let size = socklen_t(MemoryLayout.size(ofValue: linger))
                    setsockopt(state.connections[index].descriptor, SOL_SOCKET, SO_LINGER, &linger, size)
                }
                close(state.connections[index].descriptor)
                state.connections[index].isOpen = false
            }
        }
    }

    /// What came over each connection so far.
    var streams: [[UInt8]] { state.withLock { $0.connections.map(\.bytes) } }

    /// The datagrams that came so far.
    var datagrams: [[UInt8]] { state.withLock { $0.datagrams } }

    /// The whole lines of all connections.
    var lines: [String] {
        streams.flatMap { stream in
            String(decoding: stream, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        }.map(String.init)
    }

    private func run(_ isStream: Bool) {
        while !isStopped.load(ordering: .acquiring) {
            if let reset = state.withLock({ $0.closing }) { closeAll(reset: reset) }
            let (descriptors, reads) = state.withLock { state in
                (state.connections.filter(\.isOpen).map(\.descriptor), state.reads)
            }
            var entries = [pollfd(fd: listener, events: isStream || reads ? Int16(POLLIN) : 0, revents: 0)]
            if reads { entries += descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) } }
            guard poll(&entries, nfds_t(entries.count), 5) > 0 else { continue }
            for entry in entries where entry.revents != 0 {
                if entry.fd == listener {
                    isStream ? acceptOne() : receiveDatagram()
                } else {
                    receive(entry.fd)
                }
            }
        }
    }

    private func acceptOne() {
        let descriptor = accept(listener, nil, nil)
        if descriptor >= 0 { state.withLock { $0.connections.append(Connection(descriptor: descriptor)) } }
    }

    private func receive(_ descriptor: Int32) {
        state.withLock { state in
            guard let index = state.connections.firstIndex(where: { $0.isOpen && $0.descriptor == descriptor }) else {
                return
            }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                state.connections[index].bytes += buffer[..<count]
            } else if count == 0 || errno != EAGAIN {
                close(descriptor)
                state.connections[index].isOpen = false
            }
        }
    }

    private func receiveDatagram() {
        var buffer = [UInt8](repeating: 0, count: 262_144)
        let count = recv(listener, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        if count >= 0 { state.withLock { $0.datagrams.append(Array(buffer[..<count])) } }
    }

    private static func bind(_ descriptor: Int32, _ kind: Kind, _ port: Int) -> Bool {
        func bind<Address>(_ address: Address) -> Bool {
            withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<Address>.size)) == 0
                }
            }
        }
        let number = in_port_t(truncatingIfNeeded: port).bigEndian
        switch kind {
        case .tcp, .udp:
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = number
            address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
            return bind(address)
        case .tcp6:
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = number
            address.sin6_addr = in6addr_loopback
            return bind(address)
        case .unix(let path), .unixgram(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            return bind(address)
        }
    }
}
