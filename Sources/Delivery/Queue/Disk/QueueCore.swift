import GRDB
import GRDBSQLite

/// The database of a queue and the files beside it. All calls block; one is made at a time.
struct QueueCore: Sendable {
    /// What does not change.
    struct Options: Sendable {
        var file: String
        var deadLetters: DeadLetterFile
        var reserve: ReserveFile
        var tuning: QueueTuning
        var now: @Sendable () -> Int64
        var onEvent: @Sendable (QueueEvent) -> Void
    }

    private let options: Options
    /// nil only after a damaged database could not be replaced, and at the end.
    private var connection: DatabaseQueue?
    private(set) var state = QueueState()
    /// Whether the space for bad times is there.
    private(set) var hasReserve = false
    /// Whether the owner was told that the disk is full.
    private var isFull = false
    /// How many transactions have succeeded.
    private(set) var transactions = 0

    /// Opens or begins the database.
    init(_ options: Options) throws(QueueError) {
        self.options = options
        try open()
        hasReserve = (try? options.reserve.establish()) != nil
        report()
    }

    /// Does what was asked for, in one transaction if that succeeds.
    ///
    /// - Returns: What wakes those who wait, in their order.
    mutating func run(_ requests: [QueueRequest]) -> [QueueRequest.Completion] {
        var completions: [QueueRequest.Completion] = []
        var requests = requests
        if let largest = requests.filter(\.isAppend).map(\.bytes).max(), let error = checkSpace(for: largest) {
            for request in requests where request.isAppend { completions.append { request.fail(error) } }
            requests.removeAll(where: \.isAppend)
        }
        guard !requests.isEmpty else { return completions }
        if requests.count > 1, let done = try? transact(requests) { return completions + done }
        return completions + requests.map { run($0) }
    }

    /// Makes the file somewhat smaller if much of it is free. Called when there is nothing else to do.
    ///
    /// - Returns: Whether there may be more to do.
    mutating func shrink() -> Bool {
        let tuning = options.tuning
        let isEmpty = state.counts.samples.backlog == 0
        let hasShrunk = try? connection?.writeWithoutTransaction { database in
            let free = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
            let all = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            guard free >= tuning.freePages, isEmpty || free > all / 2 else { return false }
            try database.execute(sql: "PRAGMA incremental_vacuum(\(tuning.freePages))")
            return try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0 < free
        }
        return hasShrunk ?? false
    }

    /// Folds the write-ahead log into the file and closes it.
    mutating func close() {
        fold(.truncate)
        try? connection?.close()
        connection = nil
    }

    // MARK: - Transactions

    /// Does one thing alone, as often as there is something to be done about its failure.
    private mutating func run(_ request: QueueRequest) -> QueueRequest.Completion {
        var attempts = 0
        repeat {
            attempts += 1
            do throws(Failure) {
                let done = try transact([request])
                return { for completion in done { completion() } }
            } catch {
                switch error.kind {
                case .damage where attempts < 4:
                    do throws(QueueError) { try replace(reason: error.reason.message) } catch {
                        return { request.fail(error) }
                    }
                    continue
                case .full:
                    tellOfFull(error.reason.message)
                    if !request.isAppend { release() }
                    // What is in the log may have a place in the file, and then the log has room.
                    fold(request.isAppend ? .truncate : .restart)
                    if attempts < 3 { continue }
                case .damage, .other: break
                }
                return { [reason = error.reason] in request.fail(reason) }
            }
        } while true
    }

    private mutating func transact(_ requests: [QueueRequest]) throws(Failure) -> [QueueRequest.Completion] {
        if connection == nil {
            do throws(QueueError) { try begin(carrying: state) } catch { throw Failure(kind: .other, reason: error) }
        }
        guard let connection else {
            throw Failure(kind: .other, reason: QueueError(.closed, "\(options.file): closed"))
        }
        let before = state
        let options = options
        let result = connection.writeWithoutTransaction { database in
            var transaction = QueueTransaction(
                database: database,
                state: before,
                deadLetters: options.deadLetters,
                now: options.now()
            )
            var completions: [QueueRequest.Completion] = []
            var isCommitting = false
            do {
                try database.inTransaction(.immediate) {
                    for request in requests { completions.append(try request.perform(&transaction)) }
                    if transaction.state.counts != before.counts { try transaction.updateOldest() }
                    try transaction.saveCounts(since: before)
                    isCommitting = true
                    return .commit
                }
                transaction.state.deadLettersMark = nil
                return Result<Done, Failure>.success(Done(state: transaction.state, completions: completions))
            } catch {
                var failure = Failure(error, database, file: options.file)
                failure.discarded =
                    transaction.state.counts.discardedDeadLetters - before.counts.discardedDeadLetters
                // If it was the commit that failed otherwise, nobody knows what is on the disk.
                if let mark = transaction.state.deadLettersMark, !mark.isGone, !isCommitting || failure.kind == .full {
                    options.deadLetters.takeBack(to: mark.size)
                }
                return .failure(failure)
            }
        }
        do throws(Failure) {
            let done = try result.get()
            state = done.state
            transactions += 1
            report()
            if isFull, hasReserve, requests.contains(where: \.isAppend) { tellOfSpace() }
            return done.completions
        } catch {
            state.counts.discardedDeadLetters += error.discarded
            throw error
        }
    }

    private struct Done {
        var state: QueueState
        var completions: [QueueRequest.Completion]
    }

    // MARK: - Space

    /// Looks for space before new samples are taken; an error if there is too little.
    private mutating func checkSpace(for bytes: Int) -> QueueError? {
        if let error = checkReserve() { return error }
        // The reserve is enough for what is in the log of all that usual calls bring. A larger one needs space twice, in the
        // log and in the file: without the latter the log could not be folded, and would grow until nothing can be settled.
        guard bytes > options.tuning.groupBytes, let free = FileSystem.free(at: options.file), free / 2 < bytes else {
            return nil
        }
        let error = QueueError(.full, "\(options.file): there are \(free) bytes on the disk for a call with \(bytes)")
        tellOfFull(error.message)
        return error
    }

    /// Sees to the reserve; an error if there is no space for it. A file system that cannot reserve space is used without.
    private mutating func checkReserve() -> QueueError? {
        guard !hasReserve else { return nil }
        for isLast in [false, true] {
            do throws(QueueError) {
                try options.reserve.establish()
                hasReserve = true
                return nil
            } catch {
                guard error.code == .full else { return nil }
                if isLast {
                    tellOfFull(error.message)
                    return error
                }
            }
            fold(.truncate)
        }
        return nil
    }

    /// Gives the reserve back, so that there is space for what cannot wait.
    private mutating func release() {
        guard hasReserve else { return }
        hasReserve = false
        options.reserve.release()
    }

    /// Folds the write-ahead log into the file, as far as there is space for that.
    private func fold(_ mode: Database.CheckpointMode) {
        _ = try? connection?.writeWithoutTransaction { try $0.checkpoint(mode) }
    }

    private mutating func tellOfFull(_ reason: String) {
        if !isFull { options.onEvent(.diskFull(reason: reason)) }
        isFull = true
    }

    private mutating func tellOfSpace() {
        isFull = false
        options.onEvent(.diskHasSpace)
    }

    private mutating func report() {
        let events = state.events
        state.events = []
        for event in events { options.onEvent(event) }
    }

    // MARK: - Opening

    private mutating func open() throws(QueueError) {
        do throws(Failure) {
            try connect()
        } catch {
            switch error.kind {
            case .damage: try replace(reason: error.reason.message)
            case .full:
                options.reserve.release()
                do throws(Failure) { try connect() } catch { throw error.reason }
            case .other: throw error.reason
            }
        }
    }

    private mutating func connect() throws(Failure) {
        do throws(QueueError) {
            if try FileSystem.prepare(options.file) { try FileSystem.syncFolder(of: options.file) }
        } catch {
            throw Failure(kind: error.code == .full ? .full : .other, reason: error)
        }
        if let problem = DatabaseHeader.problem(in: options.file) {
            throw Failure(kind: .damage, reason: QueueError(.disk, "\(options.file): \(problem)"))
        }
        var configuration = Configuration()
        configuration.label = "queue"
        configuration.foreignKeysEnabled = false
        let cachePages = options.tuning.cachePages
        configuration.prepareDatabase { try QueueSchema.prepare($0, cachePages: cachePages) }
        let opened: DatabaseQueue
        do {
            opened = try DatabaseQueue(path: options.file, configuration: configuration)
        } catch {
            throw Failure(error, nil, file: options.file)
        }
        let walPages = options.tuning.walPages
        let file = options.file
        let result = opened.writeWithoutTransaction { database in
            do {
                try QueueSchema.setUp(database, walPages: walPages)
                return Result<QueueState, Failure>.success(try QueueAudit.load(database))
            } catch {
                return .failure(Failure(error, database, file: file))
            }
        }
        do throws(Failure) {
            state = try result.get()
            connection = opened
        } catch {
            try? opened.close()
            throw error
        }
    }

    /// Puts a damaged database aside and begins a new one. What was in the old one is counted as dropped, as far as it is
    /// known.
    private mutating func replace(reason: String) throws(QueueError) {
        try? connection?.close()
        connection = nil
        let aside = "\(options.file).damaged-\(options.now())"
        for suffix in ["", "-wal", "-shm"] { try FileSystem.move(options.file + suffix, to: aside + suffix) }
        var carried = QueueState()
        carried.counts = state.counts
        carried.nextChunk = state.nextChunk
        carried.nextAlert = state.nextAlert
        carried.cursor.forgetAll(upTo: state.nextChunk - 1)
        carried.counts.samples.lose()
        carried.counts.alerts.lose()
        carried.events = [.replaced(file: options.file, aside: aside, reason: reason)]
        state = carried
        try begin(carrying: carried)
    }

    /// Begins a new database that goes on counting.
    private mutating func begin(carrying carried: QueueState) throws(QueueError) {
        do throws(Failure) { try connect() } catch { throw error.reason }
        let fresh = state
        state = carried
        report()
        let options = options
        let result = connection?.writeWithoutTransaction { database in
            Result {
                try database.inTransaction(.immediate) {
                    let transaction = QueueTransaction(
                        database: database,
                        state: carried,
                        deadLetters: options.deadLetters,
                        now: options.now()
                    )
                    try transaction.saveCounts(since: fresh)
                    return .commit
                }
            }
            .mapError { Failure($0, database, file: options.file) }
        }
        if case .failure(let failure)? = result {
            try? connection?.close()
            connection = nil
            throw failure.reason
        }
    }
}

extension RecordCounts {
    /// Counts all that is there as lost.
    fileprivate mutating func lose() {
        dropped.corrupt += backlog
        backlog = 0
        bytes = 0
        oldest = nil
    }
}

/// Why a transaction failed, as far as something can be done about it.
struct Failure: Error, Sendable {
    /// What can be done.
    enum Kind: Sendable, Hashable {
        /// Space is needed.
        case full
        /// The database has to be replaced.
        case damage
        /// Nothing.
        case other
    }

    var kind: Kind
    var reason: QueueError
    /// How many dead letters are gone nevertheless.
    var discarded = 0

    init(kind: Kind, reason: QueueError) {
        self.kind = kind
        self.reason = reason
    }

    /// Reads an error of SQLite, of the file system or of the queue.
    init(_ error: any Error, _ database: Database?, file: String) {
        if let error = error as? QueueError {
            kind = error.code == .full ? .full : .other
            reason = QueueError(error.code, error.message.contains(file) ? error.message : "\(file): \(error.message)")
            return
        }
        guard let error = error as? DatabaseError else {
            kind = .other
            reason = QueueError(.disk, "\(file): \(error)", cause: error)
            return
        }
        let system = database.map { $0.sqliteConnection.map { sqlite3_system_errno($0) } ?? 0 } ?? 0
        let code: QueueError.Code
        switch error.resultCode {
        case .SQLITE_FULL: (kind, code) = (.full, .full)
        case .SQLITE_IOERR where FileSystem.isFull(system): (kind, code) = (.full, .full)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: (kind, code) = (.damage, .disk)
        case .SQLITE_BUSY, .SQLITE_LOCKED: (kind, code) = (.other, .inUse)
        default: (kind, code) = (.other, .disk)
        }
        reason = QueueError(code, "\(file): \(error.message ?? "\(error.resultCode)")", cause: error)
    }
}
