/// Deadlines in order, with an identity each: a binary heap whose entries are dropped lazily.
///
/// Most waits end long before their deadline, so taking an entry out of the middle would cost more than it saves.
/// Instead the owner says which entries still count, and ``compact(keeping:)`` clears the rest now and then.
///
/// Deadlines count from a moment that the owner chooses.
struct DeadlineHeap<ID> {
    struct Entry {
        var deadline: Duration
        var id: ID
    }

    private(set) var entries: [Entry] = []

    var count: Int { entries.count }
    var first: Entry? { entries.first }

    mutating func push(_ id: ID, at deadline: Duration) {
        entries.append(Entry(deadline: deadline, id: id))
        siftUp(from: entries.count - 1)
    }

    mutating func popFirst() -> Entry? {
        guard let first = entries.first else { return nil }
        let last = entries.removeLast()
        if !entries.isEmpty {
            entries[0] = last
            siftDown(from: 0)
        }
        return first
    }

    /// Drops every entry that does not count any more.
    mutating func compact(keeping isAlive: (Entry) -> Bool) {
        entries.removeAll { !isAlive($0) }
        for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) { siftDown(from: index) }
    }

    private mutating func siftUp(from start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            if entries[parent].deadline <= entries[child].deadline { return }
            entries.swapAt(parent, child)
            child = parent
        }
    }

    private mutating func siftDown(from start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < entries.count && entries[child].deadline < entries[least].deadline {
                least = child
            }
            if least == parent { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
