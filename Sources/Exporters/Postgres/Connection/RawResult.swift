import CPostgres

/// A `PGresult` as libpq gave it, freed at the end.
///
/// `@unchecked Sendable`, because libpq only reads a finished result.
final class RawResult: @unchecked Sendable {
    let pointer: OpaquePointer
    /// When it came.
    let time: ContinuousClock.Instant

    init(_ pointer: OpaquePointer, time: ContinuousClock.Instant) {
        self.pointer = pointer
        self.time = time
    }

    deinit {
        PQclear(pointer)
    }

    var status: ExecStatusType { PQresultStatus(pointer) }
}
