import Exposition

/// Makes of a batch what the store keeps.
struct BatchEncoder {
    /// How many parts a batch may have.
    static let partLimit = 1_000

    let labels: LabelSet
    let sampleLimit: Int

    func encode(_ batch: MetricBatch, duration: Duration, end: Duration, wallEnd: Duration) -> CollectionOutcome {
        var problems: [SampleProblem] = []
        let parts = Self.distinctParts(of: batch, &problems)
        let encoder = SnapshotEncoder(labels: labels, sampleLimit: sampleLimit)
        var snapshots = encoder.encode(parts: parts.map { $0.error == nil ? $0.families : [] }).makeIterator()
        let encoded = parts.map { part -> CollectionOutcome.Part in
            let snapshot = snapshots.next() ?? EncodedSnapshot()
            problems += part.problems
            if let error = part.error { return CollectionOutcome.Part(name: part.name, error: BoundedText.text(error)) }
            problems += snapshot.problems
            return CollectionOutcome.Part(name: part.name, families: snapshot.families)
        }
        return CollectionOutcome(
            .returned(encoded, serviceAnswered: batch.serviceAnswered),
            labels: writtenLabels,
            duration: duration,
            end: end,
            wallEnd: wallEnd,
            problems: problems
        )
    }

    /// The labels that every line is sure to have: not the empty ones, and only names that need no escaping.
    private var writtenLabels: LabelSet {
        LabelSet(labels.labels.filter { !$0.value.isEmpty && Self.isPlain($0.name) })
    }

    private static func isPlain(_ name: String) -> Bool {
        guard let first = name.utf8.first, !name.hasPrefix("__"), !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): true
            default: false
            }
        }
    }

    /// The parts, each name once: of several with one name the families are put together and the first error counts.
    private static func distinctParts(of batch: MetricBatch, _ problems: inout [SampleProblem]) -> [MetricBatch.Part] {
        var parts: [MetricBatch.Part] = []
        var indices: [String: Int] = [:]
        for var part in batch.parts {
            part.name = BoundedText.text(part.name)
            if let index = indices[part.name] {
                parts[index].families += part.families
                parts[index].problems += part.problems
                parts[index].error = parts[index].error ?? part.error
            } else if parts.count < partLimit {
                indices[part.name] = parts.count
                parts.append(part)
            } else {
                let count = part.families.reduce(0) { $0 + $1.metrics.count }
                let detail = "the collection has more than \(partLimit) parts"
                problems.append(SampleProblem(reason: .limitExceeded, family: part.name, detail: detail, count: count))
            }
        }
        return parts
    }
}
