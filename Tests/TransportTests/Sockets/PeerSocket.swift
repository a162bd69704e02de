import Glibc
import Testing

/// The other side of a socket under test: listens on 127.0.0.1, ::1 or a path, blocking, with a limit of some seconds.
final class PeerSocket: Sendable {
    let descriptor: Int32
    let port: UInt16

    /// - Parameter bufferSize: How much the kernel keeps for who does not read.
    init(_ kind: __socket_type, family: Int32 = AF_INET, port: UInt16 = 0, bufferSize: Int32? = nil) throws {
        descriptor = socket(family, Int32(kind.rawValue | SOCK_CLOEXEC.rawValue), 0)
        try #require(descriptor >= 0)
        if var bufferSize {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bufferSize, socklen_t(MemoryLayout<Int32>.size))
        }
        var storage = sockaddr_storage()
        storage.ss_family = sa_family_t(family)
        var length = socklen_t(family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size)
        let descriptor = descriptor
        let bound = withUnsafeMutableBytes(of: &storage) { bytes -> Int32 in
            bytes.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
            if family == AF_INET {
                bytes.storeBytes(of: in_addr_t(0x7F00_0001).bigEndian, toByteOffset: 4, as: in_addr_t.self)
            } else {
                bytes[8 + 15] = 1
            }
            guard let address = bytes.bindMemory(to: sockaddr.self).baseAddress else { return -1 }
            let code = bind(descriptor, address, length)
            getsockname(descriptor, address, &length)
            return code
        }
        try #require(bound == 0)
        self.port = withUnsafeBytes(of: &storage) { UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self)) }
        if kind == SOCK_STREAM { try #require(listen(descriptor, 16) == 0) }
        limit()
    }

    init(_ kind: __socket_type, path: String) throws {
        descriptor = socket(AF_UNIX, Int32(kind.rawValue | SOCK_CLOEXEC.rawValue), 0)
        port = 0
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let descriptor = descriptor
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        if kind == SOCK_STREAM { try #require(listen(descriptor, 0) == 0) }
        limit()
    }

    private init(accepted: Int32) throws {
        try #require(accepted >= 0)
        descriptor = accepted
        port = 0
        limit()
    }

    deinit { close(descriptor) }

    func accept() throws -> PeerSocket { try PeerSocket(accepted: Glibc.accept(descriptor, nil, nil)) }

    func receive(_ maximum: Int = 65536) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: maximum)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return Array(buffer.prefix(max(0, count)))
    }

    func receive(exactly count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = receive(count - bytes.count)
            if more.isEmpty { break }
            bytes += more
        }
        return bytes
    }

    func send(_ text: String) {
        _ = text.withCString { Glibc.send(descriptor, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
    }

    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Has the end of this object reset the connection.
    func resetAtEnd() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    private func limit() {
        var time = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }
}
