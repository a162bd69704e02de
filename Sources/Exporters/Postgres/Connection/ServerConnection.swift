import CPostgres
import Glibc
import Transport

/// A connection to a server over libpq, none of whose calls blocks.
///
/// `@unchecked Sendable`, because it is used by one task at a time: by the one that opened it, and after that by the one
/// that has taken it out of its exporter's `SessionSlot`.
final class ServerConnection: @unchecked Sendable {
    /// The most bytes that a result may have, in the server's text format.
    static let resultByteLimit = 32 << 20
    /// The most values that a result may have.
    static let resultCellLimit = 100_000

    let pointer: OpaquePointer
    let reactor: Reactor
    /// The replies that have not come yet, after a run that was given up.
    var pending: PipelineProgress<ServerResult>?

    private var isFinished = false
    /// About how many bytes of the present result have come.
    private var receivedBytes = 0

    /// Takes over a `PGconn` that has been started.
    init(taking pointer: OpaquePointer, reactor: Reactor) {
        self.pointer = pointer
        self.reactor = reactor
        // Notices would go to standard error.
        PQsetNoticeReceiver(pointer, { _, _ in }, nil)
    }

    deinit {
        finish()
    }

    /// Closes the connection. Does not wait for anything; doing it twice does nothing.
    func finish() {
        guard !isFinished else { return }
        isFinished = true
        reactor.forget(PQsocket(pointer))
        PQfinish(pointer)
    }

    /// Whether it can still be used.
    var isUsable: Bool { !isFinished && PQstatus(pointer) == CONNECTION_OK }

    /// The server's version as one number: 150018 is 15.18.
    var versionNumber: Int { Int(PQserverVersion(pointer)) }

    /// A parameter that the server reported at the start.
    func serverParameter(_ name: String) -> String? {
        PQparameterStatus(pointer, name).map { String(cString: $0) }
    }

    // MARK: - Receiving

    /// The next result; nil where libpq marks the end of a command's results.
    ///
    /// - Throws: `PostgresError` when the connection is lost or too much comes; `TransportError` at the deadline;
    ///   `CancellationError`.
    func nextResult(until deadline: ContinuousClock.Instant) async throws -> OpaquePointer? {
        while PQisBusy(pointer) != 0 { try await receive(until: deadline) }
        return PQgetResult(pointer)
    }

    /// A result has been read: the bytes that come now are of the next one.
    func beginResult() {
        receivedBytes = 0
    }

    /// Waits for more, after sending what is left to send.
    private func receive(until deadline: ContinuousClock.Instant) async throws {
        let flushed = PQflush(pointer)
        guard flushed >= 0 else { throw lost() }
        let socket = PQsocket(pointer)
        try await reactor.wait(for: socket, flushed == 0 ? .readable : [.readable, .writable], until: deadline)
        var available: Int32 = 0
        if ioctl(socket, UInt(FIONREAD), &available) == 0 {
            // One call takes about this much out of the socket.
            receivedBytes += Int(min(max(0, available), 64 << 10))
        }
        guard receivedBytes <= Self.resultByteLimit else {
            throw PostgresError(code: .tooLarge, message: "the result is larger than \(Self.resultByteLimit) bytes")
        }
        guard PQconsumeInput(pointer) != 0 else { throw lost() }
        // A TLS record can be larger than what one call takes. The rest is in OpenSSL then, not in the socket, so the
        // reactor would not wake for it.
        if PQsslInUse(pointer) != 0, PQconsumeInput(pointer) == 0 { throw lost() }
    }

    // MARK: - Errors

    /// The connection broke, in libpq's words.
    func lost() -> PostgresError {
        PostgresError(code: .connectionLost, message: "the connection was lost: \(message)")
    }

    /// libpq's message on one line.
    var message: String {
        Self.oneLine(PQerrorMessage(pointer).map { String(cString: $0) } ?? "")
    }

    static func oneLine(_ text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).map { line in
            line.drop { $0 == " " || $0 == "\t" }
        }
        return lines.isEmpty ? "no reason given" : lines.joined(separator: "; ")
    }

    /// The error that a result carries.
    static func error(of result: OpaquePointer) -> PostgresError {
        func field(_ value: UnsafePointer<CChar>?) -> String? { value.map { String(cString: $0) } }
        let state = field(muster_pq_error_state(result))
        guard let primary = field(muster_pq_error_message(result)) else {
            let message = PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
            return PostgresError(code: .queryFailed, message: oneLine(message), state: state)
        }
        var message = "\(field(muster_pq_error_severity(result)) ?? "ERROR"): \(oneLine(primary))"
        if let position = field(muster_pq_error_position(result)) { message += " at character \(position)" }
        if let state { message += " (\(state))" }
        // 57014 is a cancellation, the server's own timeout among them.
        return PostgresError(code: state == "57014" ? .timedOut : .queryFailed, message: message, state: state)
    }
}
