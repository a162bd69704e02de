/// Where the metrics of a family lie in its body, to bring them into a stable order and to find duplicates.
///
/// A collector mostly yields its metrics in the same order, so the common case, already sorted and without duplicates,
/// costs one comparison for each metric and no hashing.
struct SeriesIndex {
    /// One metric: its lines, and where its labels stand in one of them.
    struct Entry {
        var lines: Range<Int>
        var labels: Range<Int>
        var timestamp: Int64?
        var lineCount: Int
    }

    private var entries: [Entry] = []
    private var isSorted = true
    private var hasEmptyValues = false
    private var plan = 0
    private var hasSeveralPlans = false

    /// Forgets all metrics.
    mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        isSorted = true
        hasEmptyValues = false
        hasSeveralPlans = false
    }

    /// Adds the metric that was written last.
    ///
    /// - Parameters:
    ///   - entry: The metric.
    ///   - plan: Tells its list of label names from others.
    ///   - hasEmptyValue: Whether one of its labels is empty.
    ///   - body: What was written.
    mutating func add(_ entry: Entry, plan: Int, hasEmptyValue: Bool, body: [UInt8]) {
        if hasEmptyValue { hasEmptyValues = true }
        if entries.isEmpty { self.plan = plan } else if plan != self.plan { hasSeveralPlans = true }
        if isSorted, let last = entries.last {
            isSorted = body.withUnsafeBufferPointer { body in
                Bytes.compare(
                    UnsafeBufferPointer(rebasing: body[last.labels]),
                    UnsafeBufferPointer(rebasing: body[entry.labels])
                ) < 0
            }
        }
        entries.append(entry)
    }

    /// The body in order and without duplicates. Calls `dropped` with each metric that was left out.
    func sorted(_ body: [UInt8], dropped: (Entry) -> Void) -> [UInt8] {
        // Metrics with the same label names are equal only if they are written alike.
        let mayBeEqual = hasEmptyValues && hasSeveralPlans
        let unique = mayBeEqual ? withoutEqualSeries(body, dropped: dropped) : entries
        // A copy of exactly the size that is needed: bodies stay in memory, the buffer they are built in is reused.
        return body.withUnsafeBufferPointer { bytes in
            if isSorted, unique.count == entries.count { return Array(bytes) }
            var result: [UInt8] = []
            result.reserveCapacity(bytes.count)
            var previous: Entry?
            for entry in Self.order(unique, in: bytes) {
                if let previous, previous.timestamp == entry.timestamp,
                    Bytes.equal(
                        UnsafeBufferPointer(rebasing: bytes[previous.labels]),
                        UnsafeBufferPointer(rebasing: bytes[entry.labels])
                    )
                {
                    dropped(entry)
                } else {
                    result.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[entry.lines]))
                    previous = entry
                }
            }
            return result
        }
    }

    /// The metrics by their labels, then by timestamp, then as they were added.
    private static func order(_ entries: [Entry], in bytes: UnsafeBufferPointer<UInt8>) -> [Entry] {
        let keys = sortKeys(entries.map(\.labels), in: bytes)
        let order = entries.indices.sorted { left, right in
            if keys[left] != keys[right] { return keys[left] < keys[right] }
            let (first, second) = (entries[left], entries[right])
            let order = Bytes.compare(
                UnsafeBufferPointer(rebasing: bytes[first.labels]),
                UnsafeBufferPointer(rebasing: bytes[second.labels])
            )
            if order != 0 { return order < 0 }
            if first.timestamp != second.timestamp {
                return (first.timestamp ?? .max, first.timestamp == nil ? 1 : 0)
                    < (second.timestamp ?? .max, second.timestamp == nil ? 1 : 0)
            }
            return left < right
        }
        return order.map { entries[$0] }
    }

    /// The eight bytes of each label text that come after what all have in common, as numbers: they decide most
    /// comparisons, since the lines of a family begin alike.
    static func sortKeys(_ texts: [Range<Int>], in bytes: UnsafeBufferPointer<UInt8>) -> [UInt64] {
        guard let first = texts.first else { return [] }
        var common = first.count
        for text in texts {
            var length = 0
            let limit = min(common, text.count)
            while length < limit, bytes[first.lowerBound + length] == bytes[text.lowerBound + length] { length += 1 }
            common = length
        }
        return texts.map { text in
            var key: UInt64 = 0
            let start = text.lowerBound + common
            for position in start..<(start + 8) {
                key = key << 8 | (position < text.upperBound ? UInt64(bytes[position]) : 0)
            }
            return key
        }
    }

    /// The metrics without those that differ from an earlier one in empty labels only.
    private func withoutEqualSeries(_ body: [UInt8], dropped: (Entry) -> Void) -> [Entry] {
        body.withUnsafeBufferPointer { bytes in
            var seen: Set<SeriesKey> = []
            var line = SampleLine()
            return entries.filter { entry in
                // The one line of it that the labels were noted from tells it from all others.
                let end = Bytes.firstIndex(of: UInt8(ascii: "\n"), in: bytes, from: entry.labels.upperBound)
                let start = bytes[entry.lines.lowerBound..<entry.labels.lowerBound]
                    .lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }
                let range = (start ?? entry.lines.lowerBound)..<(end ?? entry.lines.upperBound)
                let key = line.parse(bytes, range) ? SeriesKey(line, in: bytes) : SeriesKey(whole: range, in: bytes)
                let isNew = seen.insert(key).inserted
                if !isNew { dropped(entry) }
                return isNew
            }
        }
    }
}
