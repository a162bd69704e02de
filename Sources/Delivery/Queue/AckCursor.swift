/// Which samples of a queue are settled and which are handed out: a state machine without any input or output.
///
/// Samples lie in chunks, numbered in their order. The cursor knows the chunks up to a number, its ``frontier``, as far as
/// anything is left of them; what is beyond has never been looked at. Samples can be settled in any order, within chunks
/// and across them. What is settled is told to the caller, who keeps it in the same transaction; what is handed out is
/// known here only, so that after a crash it is handed out again.
struct AckCursor: Sendable, Hashable {
    /// What has become of a sample that was handed out.
    enum Fate: Sendable, Hashable {
        /// The destination has accepted it.
        case delivered
        /// The destination has rejected it.
        case rejected
        /// It is to be handed out again.
        case again
    }

    /// What the caller has to keep.
    enum Change: Sendable, Hashable {
        /// These samples of the chunk are settled.
        case settled(chunk: Int64, SettledBits)
        /// The whole chunk is settled: forget it.
        case finished(chunk: Int64)
    }

    /// What came of settling.
    struct Settlement: Sendable, Hashable {
        /// What has to be kept.
        var changes: [Change] = []
        /// How many samples are delivered now.
        var delivered = 0
        /// Which of the positions' samples are rejected now, counted through all positions.
        var rejected: [Int] = []
    }

    private struct Chunk: Sendable, Hashable {
        let id: Int64
        var settled: SettledBits
        var handedOut: SettledBits

        var available: Int { settled.capacity - settled.count - handedOut.count }

        /// Marks a sample as handed out; false if it is settled, handed out, or not there.
        mutating func handOut(_ place: Int) -> Bool {
            !settled.contains(place) && handedOut.insert(place)
        }
    }

    /// In the order of their numbers.
    private var chunks: [Chunk] = []
    /// Chunks up to this number are known.
    private(set) var frontier: Int64 = 0

    /// How many known samples could be handed out.
    var available: Int { chunks.reduce(0) { $0 + $1.available } }

    /// The numbers of the known chunks.
    var known: [Int64] { chunks.map(\.id) }

    /// Makes the next chunk known. A number that is not beyond the frontier is left alone.
    ///
    /// - Parameter settled: Which of its samples were settled before.
    mutating func admit(chunk id: Int64, settled: SettledBits) {
        guard id > frontier else { return }
        frontier = id
        if !settled.isFull {
            chunks.append(Chunk(id: id, settled: settled, handedOut: SettledBits(capacity: settled.capacity)))
        }
    }

    /// Hands out the oldest of the known samples that are neither settled nor handed out.
    mutating func handOut(limit: Int) -> [QueuePosition] {
        var positions: [QueuePosition] = []
        var left = limit
        for index in chunks.indices where left > 0 && chunks[index].available > 0 {
            var place = 0
            while place < chunks[index].settled.capacity, left > 0 {
                let start = place
                while left > 0, chunks[index].handOut(place) {
                    place += 1
                    left -= 1
                }
                if place > start {
                    positions.append(QueuePosition(chunk: chunks[index].id, range: start..<place))
                } else {
                    place += 1
                }
            }
        }
        return positions
    }

    /// Settles samples, or takes them back to be handed out again. What is not handed out is passed over, so that settling
    /// twice is settling once.
    ///
    /// - Parameter fate: What has become of a sample, by its place among all the positions' samples.
    mutating func settle(_ positions: [QueuePosition], fate: (Int) -> Fate) -> Settlement {
        var result = Settlement()
        var changed: [Int64] = []
        var offset = 0
        for position in positions {
            defer { offset += position.range.count }
            guard let index = index(of: position.chunk) else { continue }
            let before = chunks[index].settled.count
            for place in position.range where chunks[index].handedOut.remove(place) {
                let sample = offset + place - position.range.lowerBound
                switch fate(sample) {
                case .again: continue
                case .delivered: result.delivered += 1
                case .rejected: result.rejected.append(sample)
                }
                chunks[index].settled.insert(place)
            }
            if chunks[index].settled.count != before, changed.last != position.chunk { changed.append(position.chunk) }
        }
        for id in Set(changed).sorted() {
            guard let index = index(of: id) else { continue }
            if chunks[index].settled.isFull {
                result.changes.append(.finished(chunk: id))
                chunks.remove(at: index)
            } else {
                result.changes.append(.settled(chunk: id, chunks[index].settled))
            }
        }
        return result
    }

    /// Whether any sample of a chunk is handed out.
    func isHandedOut(chunk id: Int64) -> Bool {
        index(of: id).map { chunks[$0].handedOut.count > 0 } ?? false
    }

    /// How many samples of a chunk are settled, as far as it is known.
    func settledCount(chunk id: Int64) -> Int {
        index(of: id).map { chunks[$0].settled.count } ?? 0
    }

    /// Forgets a chunk, because the caller has: what of it is handed out can no longer be settled.
    mutating func forget(chunk id: Int64) {
        if let index = index(of: id) { chunks.remove(at: index) }
    }

    /// Forgets all chunks up to a number.
    mutating func forgetAll(upTo id: Int64) {
        chunks.removeAll { $0.id <= id }
        frontier = max(frontier, id)
    }

    private func index(of id: Int64) -> Int? {
        var low = 0
        var high = chunks.count
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < chunks.count && chunks[low].id == id ? low : nil
    }
}
