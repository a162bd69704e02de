import Glibc
import TestSupport

/// A TCP connection to the agent that does what no well-behaved client does. It never blocks a thread.
final class RawConnection: Sendable {
    private let descriptor: Int32

    /// - Parameter receiveBuffer: How little the kernel takes for it, in bytes; nil for the system's choice.
    init(port: Int, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw TestSupportError("connect: \(String(cString: strerror(errno)))") }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit { close(descriptor) }

    /// Sends text; false if the agent does not take it because the connection is closed.
    @discardableResult
    func send(_ text: String) async throws -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                try await waitUntil("the agent reads") { canSend }
            } else {
                return false
            }
        }
        return true
    }

    /// Whether bytes can be sent now, or the connection is closed.
    private var canSend: Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return Glibc.poll(&poll, 1, 0) > 0
    }

    /// Everything until the agent closes.
    ///
    /// - Throws: `TestSupportError` if it does not within a minute.
    func receiveAll() async throws -> String {
        var received: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 256 * 1024)
        try await waitUntil("the agent closes the connection") {
            while true {
                let count = recv(descriptor, &bytes, bytes.count, 0)
                if count == 0 || (count < 0 && errno == ECONNRESET) { return true }
                if count < 0 { return false }
                received += bytes[..<count]
            }
        }
        return String(decoding: received, as: UTF8.self)
    }

    /// How many bytes wait to be read.
    var waiting: Int {
        var count: Int32 = 0
        _ = ioctl(descriptor, UInt(FIONREAD), &count)
        return Int(count)
    }
}
