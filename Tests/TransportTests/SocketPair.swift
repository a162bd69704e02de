import Glibc

/// Two connected non-blocking sockets, closed at the end.
final class SocketPair: Sendable {
    let near: Int32
    let far: Int32

    init() {
        var descriptors: [Int32] = [-1, -1]
        _ = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &descriptors)
        near = descriptors[0]
        far = descriptors[1]
    }

    deinit {
        close(near)
        close(far)
    }

    func sendFromFar(_ text: String = "x") {
        _ = text.withCString { write(far, $0, strlen($0)) }
    }

    func drainNear() -> Int {
        var buffer = [UInt8](repeating: 0, count: 4096)
        return read(near, &buffer, buffer.count)
    }

    /// Writes until the near socket takes no more.
    func fillNear() {
        let chunk = [UInt8](repeating: 0, count: 65536)
        while write(near, chunk, chunk.count) > 0 {}
    }

    /// Reads everything that the near socket has sent.
    func drainFar() {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while read(far, &buffer, buffer.count) > 0 {}
    }
}

/// How many epoll sets this process has open.
func openEpollCount() -> Int {
    guard let directory = opendir("/proc/self/fd") else { return -1 }
    defer { closedir(directory) }
    var count = 0
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        var target = [CChar](repeating: 0, count: 256)
        let length = readlink("/proc/self/fd/\(name)", &target, target.count)
        let text = String(decoding: target.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if text.contains("eventpoll") { count += 1 }
    }
    return count
}
