import Glibc

/// An address as the system calls want it.
struct SocketAddress {
    private var storage = sockaddr_storage()
    private var length: socklen_t

    var family: Int32 { Int32(storage.ss_family) }

    /// An IPv4 or IPv6 address, which may have a zone, with a port. Asks nobody.
    init?(numeric address: String, port: UInt16) {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address, "\(port)", &hints, &list) == 0, let info = list?.pointee else { return nil }
        defer { freeaddrinfo(list) }
        length = info.ai_addrlen
        guard let bytes = info.ai_addr, Int(length) <= MemoryLayout<sockaddr_storage>.size else { return nil }
        memcpy(&storage, bytes, Int(length))
    }

    /// The path of a Unix socket, if it is not too long.
    init?(path: String) {
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count <= SocketEndpoint.maximumPath, !bytes.contains(0) else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        length = socklen_t(MemoryLayout<sockaddr_un>.size)
        memcpy(&storage, &address, Int(length))
    }

    /// Connects a socket to the address.
    ///
    /// - Returns: 0 or the error of the system.
    func connect(_ descriptor: Int32) -> Int32 {
        let code = withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, length) }
        }
        return code == 0 ? 0 : errno
    }

    /// Whether a socket is connected to itself. That happens when a port of this host is tried where nobody listens, and
    /// the kernel chooses the same one for our end.
    static func isConnectedToItself(_ descriptor: Int32) -> Bool {
        var near = sockaddr_storage()
        var far = sockaddr_storage()
        var nearLength = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var farLength = nearLength
        func address(
            _ storage: inout sockaddr_storage,
            _ length: inout socklen_t,
            _ call: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
        ) -> Bool {
            withUnsafeMutablePointer(to: &storage) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { call(descriptor, $0, &length) == 0 }
            }
        }
        guard address(&near, &nearLength, { getsockname($0, $1, $2) }),
            address(&far, &farLength, { getpeername($0, $1, $2) }), nearLength == farLength
        else { return false }
        return memcmp(&near, &far, Int(nearLength)) == 0
    }
}
