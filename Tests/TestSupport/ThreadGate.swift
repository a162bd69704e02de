import Glibc
import Synchronization

/// Blocks threads until a test opens it.
public final class ThreadGate: Sendable {
    private let reader: Int32
    private let writer: Int32
    private let count = Mutex(0)

    /// Creates a closed gate.
    ///
    /// - Throws: ``TestSupportError`` if there are no descriptors left.
    public init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw TestSupportError("pipe") }
        (reader, writer) = (ends[0], ends[1])
    }

    deinit { close(reader) }

    /// How many threads have come to it so far.
    public var arrivals: Int { count.withLock { $0 } }

    /// Blocks the thread until the gate is open.
    public func pass() {
        count.withLock { $0 += 1 }
        var byte: UInt8 = 0
        _ = read(reader, &byte, 1)
    }

    /// Lets everybody through, from now on. Call it once.
    public func open() { close(writer) }
}
