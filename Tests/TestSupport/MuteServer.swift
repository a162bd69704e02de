import Glibc
import Synchronization

/// A TCP server on 127.0.0.1 that accepts connections and never reads or answers.
public final class MuteServer: Sendable {
    /// The port it listens on.
    public let port: Int

    private let stopping: Int32
    private let isStopped = Atomic(false)
    private let state: State

    private final class State: Sendable {
        let connections = Mutex<(open: [Int32], count: Int)>(([], 0))
    }

    /// Starts one; port 0 lets the kernel choose.
    ///
    /// - Throws: ``TestSupportError`` if the port cannot be had.
    public init(port: Int = 0) throws {
        let listener = try ListeningSocket(port: port)
        let state = State()
        let ends = try SocketPair()
        let wake = ends.second
        let started = BlockingThread.start {
            Self.acceptAll(listener, state: state, until: wake)
            close(wake)
            listener.close()
        }
        guard started else {
            listener.close()
            ends.close()
            throw TestSupportError("cannot start a thread")
        }
        self.port = listener.port
        self.state = state
        stopping = ends.first
    }

    deinit { stop() }

    /// How many connections have been accepted so far.
    public var acceptedCount: Int { state.connections.withLock { $0.count } }

    /// Closes all connections, but goes on to accept new ones.
    public func dropConnections() {
        let open = state.connections.withLock { connections in
            defer { connections.open = [] }
            return connections.open
        }
        for descriptor in open { close(descriptor) }
    }

    /// Closes the port and all connections.
    public func stop() {
        guard !isStopped.exchange(true, ordering: .relaxed) else { return }
        close(stopping)
        dropConnections()
    }

    private static func acceptAll(_ listener: ListeningSocket, state: State, until wake: Int32) {
        while true {
            var entries = [
                pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&entries, 2, -1) < 0 {
                if errno == EINTR { continue }
                return
            }
            if entries[1].revents != 0 { return }
            let descriptor = accept(listener.descriptor, nil, nil)
            guard descriptor >= 0 else { continue }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            state.connections.withLock {
                $0.open.append(descriptor)
                $0.count += 1
            }
        }
    }
}
