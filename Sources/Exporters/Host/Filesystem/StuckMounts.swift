import Synchronization

/// The mounts that did not answer in time and still have a thread waiting for them.
final class StuckMounts: Sendable {
    /// How many there may be: each costs a thread until it answers.
    static let limit = 64

    private let paths = Mutex<Set<[UInt8]>>([])

    func contains(_ path: [UInt8]) -> Bool { paths.withLock { $0.contains(path) } }

    func insert(_ path: [UInt8]) { _ = paths.withLock { $0.insert(path) } }

    func remove(_ path: [UInt8]) { _ = paths.withLock { $0.remove(path) } }

    var isFull: Bool { paths.withLock { $0.count >= Self.limit } }
}
