import PostgresClient

/// Follows the replies to a pipeline of segments, each of one or more commands and a sync.
///
/// A segment is a transaction of its own: when one of its commands fails, the rest of the segment is skipped by the
/// server and the next segment runs.
struct PipelineProgress<Rows> {
    /// What libpq gives for a command, or for the end of a segment.
    enum Reply {
        case rows(Rows)
        case failure(PostgresError)
        /// Skipped, because an earlier command of the segment failed.
        case skipped
        case sync
    }

    /// How many commands each segment has.
    private let commandCounts: [Int]
    /// The segment whose replies come now.
    private(set) var segment = 0
    private var replyCount = 0
    private var outcome: Result<Rows, PostgresError>?

    init(commandCounts: [Int]) {
        self.commandCounts = commandCounts
    }

    /// How many segments have not ended.
    var remaining: Int { commandCounts.count - segment }

    var isFinished: Bool { segment >= commandCounts.count }

    /// Takes a reply.
    ///
    /// - Returns: The segment and what its last command gave, or why it gave nothing, when the segment has ended.
    /// - Throws: `PostgresError` if the replies do not fit what was sent.
    mutating func take(_ reply: Reply) throws(PostgresError) -> (segment: Int, outcome: Result<Rows, PostgresError>)? {
        guard !isFinished else { throw Self.outOfStep }
        switch reply {
        case .sync:
            guard let outcome else { throw Self.outOfStep }
            defer {
                segment += 1
                replyCount = 0
                self.outcome = nil
            }
            return (segment, outcome)
        case .failure(let error):
            if case .failure = outcome {} else { outcome = .failure(error) }
        case .rows(let rows):
            guard replyCount < commandCounts[segment] else { throw Self.outOfStep }
            if replyCount == commandCounts[segment] - 1, outcome == nil { outcome = .success(rows) }
        case .skipped:
            break
        }
        replyCount += 1
        return nil
    }

    private static var outOfStep: PostgresError {
        PostgresError(code: .connectionLost, message: "the server's replies do not fit the queries")
    }
}
