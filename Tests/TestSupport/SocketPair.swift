import Glibc

/// Two connected sockets that no child inherits unless it is given one.
struct SocketPair: Sendable {
    let first: Int32
    let second: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw TestSupportError("socketpair: \(lastSystemError())")
        }
        first = ends[0]
        second = ends[1]
    }

    func close() {
        _ = Glibc.close(first)
        _ = Glibc.close(second)
    }
}
