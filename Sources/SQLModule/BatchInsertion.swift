import ExportingModules

/// Inserts a batch, and finds the rows that the database refuses by halving what contains one.
enum BatchInsertion {
    /// Inserts rows in order.
    ///
    /// - Parameters:
    ///   - count: How many rows there are.
    ///   - insert: Inserts a range of them, all or none.
    /// - Returns: What has become of each.
    /// - Throws: What `insert` throws besides ``SQLStoreError``.
    static func run(count: Int, insert: (Range<Int>) async throws -> Void) async throws -> Delivery {
        var exceptions: [Int: DeliveryOutcome] = [:]
        // The last is next.
        var ranges = count > 0 ? [0..<count] : []
        while let range = ranges.popLast() {
            do {
                try await insert(range)
            } catch SQLStoreError.refused(let reason) {
                if range.count == 1 {
                    exceptions[range.lowerBound] = .rejected(reason: reason)
                } else {
                    let middle = range.lowerBound + range.count / 2
                    ranges.append(middle..<range.upperBound)
                    ranges.append(range.lowerBound..<middle)
                }
            } catch SQLStoreError.unavailable(let reason, let after) {
                retry(from: range.lowerBound, after, reason, count, &exceptions)
                break
            } catch SQLStoreError.staleSeries(let reason) {
                retry(from: range.lowerBound, nil, reason, count, &exceptions)
                break
            }
        }
        return Delivery(count: count, .accepted, exceptions: exceptions)
    }

    private static func retry(
        from first: Int,
        _ after: Duration?,
        _ reason: String,
        _ count: Int,
        _ exceptions: inout [Int: DeliveryOutcome]
    ) {
        for index in first..<count { exceptions[index] = .retry(after: after, reason: reason) }
    }
}
