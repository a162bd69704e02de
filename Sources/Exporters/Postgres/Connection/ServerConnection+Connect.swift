import CPostgres
import Glibc
import Transport

extension ServerConnection {
    /// Connects and logs in.
    ///
    /// - Throws: `PostgresError` with libpq's words, which have no secrets in them; `CancellationError`.
    static func open(
        _ parameters: ConnectionParameters,
        reactor: Reactor,
        until deadline: ContinuousClock.Instant
    ) async throws -> ServerConnection {
        guard let pointer = parameters.withArrays({ PQconnectStartParams($0, $1, 0) }) else {
            throw PostgresError(code: .cannotConnect, message: "out of memory")
        }
        let connection = ServerConnection(taking: pointer, reactor: reactor)
        do {
            try await connection.establish(until: deadline)
            return connection
        } catch {
            connection.finish()
            throw error
        }
    }

    private func establish(until deadline: ContinuousClock.Instant) async throws {
        var status = PGRES_POLLING_WRITING
        guard PQstatus(pointer) != CONNECTION_BAD else {
            throw PostgresError(code: .cannotConnect, message: message)
        }
        while status != PGRES_POLLING_OK {
            // libpq may have closed its socket and opened another: when encryption was refused, for example.
            switch status {
            case PGRES_POLLING_READING: try await reactor.wait(for: PQsocket(pointer), .readable, until: deadline)
            case PGRES_POLLING_WRITING: try await reactor.wait(for: PQsocket(pointer), .writable, until: deadline)
            default: throw PostgresError(code: .cannotConnect, message: message)
            }
            status = PQconnectPoll(pointer)
        }
        guard PQsetnonblocking(pointer, 1) == 0 else {
            throw PostgresError(code: .cannotConnect, message: message)
        }
    }

    /// Collects what is sent into few packets. Without it every segment of a pipeline is a packet of its own.
    func holdPackets(_ isHeld: Bool) {
        var flag: Int32 = isHeld ? 1 : 0
        // Fails for Unix sockets, which have no packets.
        _ = setsockopt(
            PQsocket(pointer),
            Int32(IPPROTO_TCP),
            TCP_CORK,
            &flag,
            socklen_t(MemoryLayout<Int32>.size)
        )
    }
}
