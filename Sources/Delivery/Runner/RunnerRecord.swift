import Logging

/// What has happened to a module, for its status, and which lines a log gets of it: one for each change.
struct RunnerRecord: Sendable {
    /// One line of the log.
    struct Line: Sendable {
        var level: Logger.Level
        var text: String
        var error: String?

        init(_ level: Logger.Level, _ text: String, error: String? = nil) {
            self.level = level
            self.text = text
            self.error = error
        }
    }

    /// How often rejected records are logged at most.
    static let rejectionInterval = Duration.seconds(60)

    /// What the module does, and since when: the time since 1970.
    private(set) var state = ModuleState.starting
    private(set) var since: Duration
    private(set) var lastSuccess: Duration?
    private(set) var lastError: String?
    private(set) var lastErrorTime: Duration?
    private var rejectedSinceLine = 0
    private var lastRejectionLine: Duration?

    init(since: Duration) {
        self.since = since
    }

    /// Takes note of what has changed. Returns what is to be logged.
    mutating func note(_ news: [DeliveryStateMachine.News], _ state: ModuleState, wall: Duration) -> [Line] {
        if state != self.state {
            self.state = state
            since = wall
        }
        return news.compactMap { note($0, wall: wall) }
    }

    /// Takes note of what went wrong.
    mutating func noteError(_ error: String, wall: Duration) {
        lastError = error
        lastErrorTime = wall
    }

    private mutating func note(_ news: DeliveryStateMachine.News, wall: Duration) -> Line? {
        switch news {
        case .started: return Line(.info, "Module is started")
        case .delivered:
            lastSuccess = wall
            return nil
        case .failed(let error):
            noteError(BoundedLine.text(error), wall: wall)
            return nil
        case .failing(let error):
            return Line(.warning, "Module fails and is tried again", error: BoundedLine.text(error))
        case .recovered: return Line(.info, "Module works again")
        case .rejected(let count, let reason):
            let text = BoundedLine.text(reason)
            noteError("\(count) rejected: \(text)", wall: wall)
            return rejectionLine(count, text, wall)
        case .hung(let call):
            return Line(
                .error,
                "Module does not come back from a call; nothing is sent until it does",
                error: "\(call)"
            )
        case .back(let call): return Line(.info, "Module has come back from a call", error: "\(call)")
        case .stopped(let isClosed):
            return isClosed
                ? Line(.info, "Module is closed")
                : Line(.error, "Module is not closed, because a call does not come back")
        }
    }

    private mutating func rejectionLine(_ count: Int, _ reason: String, _ wall: Duration) -> Line? {
        rejectedSinceLine += count
        if let last = lastRejectionLine, wall >= last, wall - last < Self.rejectionInterval { return nil }
        defer { rejectedSinceLine = 0 }
        lastRejectionLine = wall
        return Line(
            .warning,
            "Records were rejected; they are in the dead letters (\(rejectedSinceLine))",
            error: reason
        )
    }
}
