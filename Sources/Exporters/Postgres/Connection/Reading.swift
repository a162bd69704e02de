import CPostgres
import PostgresClient

/// What a connection has received of what it waits for.
struct Reading {
    /// When it has received enough.
    enum Goal: Equatable {
        /// So many segments of a pipeline have ended.
        case segments(Int)
        /// The results of one text of the simple protocol have ended.
        case end
    }

    /// The most bytes that a result may have, and all results together, in the server's text format.
    static let resultByteLimit = 16 << 20
    static let totalByteLimit = 64 << 20
    /// More results than any run of queries has.
    static let resultLimit = 20_000

    let goal: Goal
    private(set) var results: [RawResult] = []
    private(set) var isFinished = false
    private(set) var failure: PostgresError?

    private var segmentCount = 0
    private var resultBytes = 0
    private var totalBytes = 0
    private var idleReads = 0

    init(_ goal: Goal) {
        self.goal = goal
    }

    mutating func fail(_ error: PostgresError) {
        failure = failure ?? error
        isFinished = true
    }

    /// About how many bytes have come.
    mutating func note(bytes: Int) {
        resultBytes += bytes
        totalBytes += bytes
        let limit = resultBytes > Self.resultByteLimit ? Self.resultByteLimit : Self.totalByteLimit
        if resultBytes > Self.resultByteLimit || totalBytes > Self.totalByteLimit {
            fail(PostgresError(code: .tooLarge, message: "what the server sends is larger than \(limit) bytes"))
        }
    }

    /// Takes a result; nil where libpq marks the end of a command's results.
    mutating func take(_ result: RawResult?) {
        guard let result else {
            idleReads += 1
            if goal == .end { isFinished = true }
            // Two in a row mean that libpq expects nothing more, though we do.
            if idleReads > 2 {
                fail(PostgresError(code: .connectionLost, message: "the server's replies do not fit the queries"))
            }
            return
        }
        idleReads = 0
        resultBytes = 0
        switch result.status {
        case PGRES_COPY_OUT, PGRES_COPY_IN, PGRES_COPY_BOTH:
            // libpq would give this result again and again.
            fail(PostgresError(code: .connectionLost, message: "a query asked for COPY, which is not supported"))
            return
        case PGRES_PIPELINE_SYNC:
            segmentCount += 1
        default:
            break
        }
        guard results.count < Self.resultLimit else {
            fail(PostgresError(code: .tooLarge, message: "more than \(Self.resultLimit) results"))
            return
        }
        results.append(result)
        if case .segments(let count) = goal, segmentCount >= count { isFinished = true }
    }
}
