/// Why a database did not take rows.
enum SQLStoreError: Error, Equatable, CustomStringConvertible {
    /// One of the rows will never be taken.
    case refused(reason: String)
    /// None was taken now.
    case unavailable(reason: String, after: Duration?)
    /// A series that was known is not there any more.
    case staleSeries(reason: String)

    var description: String {
        switch self {
        case .refused(let reason), .unavailable(let reason, _), .staleSeries(let reason): reason
        }
    }
}

/// A database with our tables. Used by one task at a time.
protocol SQLStore: Sendable {
    /// Connects, and makes or migrates the tables.
    func open(until deadline: ContinuousClock.Instant) async throws

    /// Inserts samples, all or none. Those that are there already stay as they are.
    ///
    /// - Throws: ``SQLStoreError``, `CancellationError`.
    func insert(_ rows: ArraySlice<SampleRow>, until deadline: ContinuousClock.Instant) async throws

    /// Inserts an alert, or brings it up to date if these news are not older.
    ///
    /// - Throws: ``SQLStoreError``, `CancellationError`.
    func insert(_ row: AlertRow, until deadline: ContinuousClock.Instant) async throws

    /// Removes rows that are older than a time in milliseconds since 1970, at most so many of each table.
    ///
    /// - Returns: Whether there may be more.
    /// - Throws: ``SQLStoreError``, `CancellationError`.
    func removeRows(
        before time: Int64,
        limit: Int,
        sweepingSeries: Bool,
        until deadline: ContinuousClock.Instant
    ) async throws -> Bool

    /// Closes the connection.
    func close() async
}
