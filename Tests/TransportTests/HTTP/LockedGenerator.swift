import Glibc
import Synchronization
import TestSupport

/// Seeded random numbers for closures that run elsewhere.
final class LockedGenerator: Sendable {
    private let generator: Mutex<SeededGenerator>

    init(seed: UInt64) {
        generator = Mutex(SeededGenerator(seed: seed))
    }

    func next(below limit: Int) -> Int {
        generator.withLock { Int.random(in: 0..<limit, using: &$0) }
    }
}

/// A port of 127.0.0.1 on which no further connection is answered, because too many wait to be accepted.
final class FullListener: Sendable {
    let port: UInt16
    private let descriptors: [Int32]

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var clients: [Int32] = []
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length)
                listen(listener, 0)
                getsockname(listener, address, &length)
                for _ in 0..<8 {
                    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
                    connect(client, address, length)
                    clients.append(client)
                }
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        descriptors = [listener] + clients
    }

    deinit { for descriptor in descriptors { close(descriptor) } }
}
