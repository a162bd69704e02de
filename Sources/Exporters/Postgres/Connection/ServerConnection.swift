import CPostgres
import Glibc
import PostgresClient
import Transport

/// A connection to a server over libpq, none of whose calls blocks.
///
/// `@unchecked Sendable`, because it is used by one task at a time: by the one that opened it, and after that by the one
/// that has taken it out of its exporter's `SessionSlot`. While that task waits in `Reactor.drive`, the reactor's thread
/// uses it instead.
final class ServerConnection: @unchecked Sendable {
    /// The most values that a result may have.
    static let resultCellLimit = 100_000

    let link: PostgresLink
    /// The replies that have not come yet, after a run that was given up.
    var pending: PipelineProgress<ServerResult>?

    private var reading = Reading(.end)

    /// Takes over a connection that is logged in.
    init(taking link: PostgresLink) {
        self.link = link
    }

    var pointer: OpaquePointer { link.pointer }

    /// Closes the connection. Does not wait for anything; doing it twice does nothing.
    func finish() { link.finish() }

    /// Whether it can still be used.
    var isUsable: Bool { link.isUsable }

    /// The server's version as one number: 150018 is 15.18.
    var versionNumber: Int { link.versionNumber }

    /// A parameter that the server reported at the start.
    func serverParameter(_ name: String) -> String? {
        PQparameterStatus(pointer, name).map { String(cString: $0) }
    }

    // MARK: - Receiving

    /// Receives results until the goal is reached.
    ///
    /// Results come in many small pieces, so they are gathered on the reactor's thread, and looked at here in the end.
    ///
    /// - Returns: The results that came, also when there is an error: `PostgresError` when the connection is lost or too
    ///   much comes, `TransportError` at the deadline, or `CancellationError`.
    func receive(
        _ goal: Reading.Goal,
        until deadline: ContinuousClock.Instant
    ) async -> (results: [RawResult], error: (any Error)?) {
        reading = Reading(goal)
        defer { reading = Reading(.end) }
        takeResults()
        if let interest = flush() {
            do {
                try await link.reactor.drive(PQsocket(pointer), interest, until: deadline) { self.step() }
            } catch {
                return (reading.results, error)
            }
        }
        return (reading.results, reading.failure)
    }

    /// Reads what has come. Runs on the reactor's thread, while the task that uses the connection waits for it.
    private func step() -> Reactor.Step {
        var available: Int32 = 0
        if ioctl(PQsocket(pointer), UInt(FIONREAD), &available) == 0 {
            // One call takes about this much out of the socket.
            reading.note(bytes: Int(min(max(0, available), 64 << 10)))
        }
        // A TLS record can be larger than what one call takes. The rest is in OpenSSL then, not in the socket, so the
        // reactor would not wake for it: hence the second call.
        if PQconsumeInput(pointer) == 0 || (PQsslInUse(pointer) != 0 && PQconsumeInput(pointer) == 0) {
            takeResults()
            reading.fail(link.lost())
        }
        let hasMore = takeResults()
        guard let interest = flush() else { return .done }
        // The results of quick queries follow each other closely: several are taken at once.
        return hasMore && interest == .readable ? .pause : .wait(interest)
    }

    /// Takes every result that is complete; returns whether there was one.
    @discardableResult
    private func takeResults() -> Bool {
        let before = reading.results.count
        while !reading.isFinished, PQisBusy(pointer) == 0 {
            reading.take(PQgetResult(pointer).map { RawResult($0, time: .now) })
        }
        return reading.results.count > before
    }

    /// Sends what is left to send, and says what to wait for next; nil if nothing.
    private func flush() -> Reactor.Interest? {
        if reading.isFinished { return nil }
        switch PQflush(pointer) {
        case 0: return .readable
        case 1: return [.readable, .writable]
        default:
            reading.fail(link.lost())
            return nil
        }
    }
}
