import Glibc
import Synchronization

/// Finds TCP ports on 127.0.0.1 that nobody listens on.
public enum FreePort {
    private static let given = Mutex<Set<Int>>([])

    /// A port that is free now, and that this process has not been given before.
    ///
    /// It lies below the range that outgoing connections use, so that none of them can take it before the server does.
    ///
    /// - Throws: ``TestSupportError`` if none is found.
    public static func next() throws -> Int {
        for _ in 0..<200 {
            let port = Int.random(in: 12_000..<32_000)
            guard given.withLock({ $0.insert(port).inserted }) else { continue }
            if isFree(port) { return port }
        }
        throw TestSupportError("no free port was found")
    }

    /// Whether a port of 127.0.0.1 can be bound now.
    public static func isFree(_ port: Int) -> Bool {
        guard let listener = try? ListeningSocket(port: port) else { return false }
        listener.close()
        return true
    }
}
