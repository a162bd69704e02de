import Discovery

/// Everything a ``ServiceTable`` knows of one source.
struct SourceState: Sendable {
    /// One line of the list in force. The service is repeated here so that comparing a list with the one before it
    /// walks two arrays and touches nothing else.
    struct Slot: Sendable {
        var entry: Int
        var service: MatchedService
    }

    let name: String
    /// The list in force: what the last good poll reported, and what is held.
    var slots: [Slot] = []
    /// Entries that are absent while their grace lasts.
    var absent: Set<Int> = []
    /// How many lines of the list in force are held: gone by the last poll, and kept.
    var heldCount = 0
    /// When the oldest of them may be let go.
    var heldUntil: Duration?
    var duplicates: [ServiceKey] = []
    var lastPoll: Duration?
    var lastSuccess: Duration?
    var polls: UInt64 = 0
    var failures: UInt64 = 0
    var consecutiveFailures = 0
    var lastError: String?
    var isHung = false
    /// Whether a deadline for ``keepStale`` is set; one is enough, however often the source fails and recovers.
    var hasStaleDeadline = false

    init(name: String) {
        self.name = name
    }

    /// Whether anything depends on its last good list.
    var hasList: Bool { !slots.isEmpty || !absent.isEmpty }

    mutating func forgetList() {
        slots = []
        absent = []
        heldCount = 0
        heldUntil = nil
        duplicates = []
    }
}
