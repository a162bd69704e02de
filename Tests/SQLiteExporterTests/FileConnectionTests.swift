import QueryFiles
import Testing
import Transport

@testable import SQLiteExporter

@Suite struct FileConnectionTests {
    private func connection(_ folder: Folder, pool: BlockingPool = BlockingPool(maximumThreads: 2)) -> FileConnection {
        FileConnection(
            .init(path: folder.file("app.db"), isImmutable: false, limits: ResultLimits()),
            pool: pool
        )
    }

    /// Runs a query again until the connection is free.
    private func answer(_ connection: FileConnection) async throws -> MemoryTable {
        while true {
            do {
                return try await connection.run(within: .seconds(60)) { session in
                    try session.table("SELECT 1 AS v", within: .seconds(60))
                }
            } catch let error as SQLiteExporterError where error.code == .busy {
                await Task.yield()
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func cancellingStopsAQueryThatRuns() async throws {
        let folder = try Folder()
        try folder.database()
        let connection = connection(folder)
        let (started, continuation) = AsyncStream<Void>.makeStream()
        let (stopped, end) = AsyncStream<SQLiteExporterError?>.makeStream()
        let task = Task {
            try await connection.run(within: .seconds(3_600)) { session in
                continuation.yield()
                do throws(SQLiteExporterError) {
                    _ = try session.table(endless, within: .seconds(3_600))
                    end.yield(nil)
                } catch {
                    end.yield(error)
                }
            }
        }
        for await _ in started { break }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        for await error in stopped {
            #expect(error?.code == .timedOut)
            #expect(error?.message == "cancelled")
            break
        }
        #expect(try await answer(connection).values == [.integer(1)])
        await connection.close()
    }

    @Test func aSecondRunIsRefusedWhileTheFirstGoesOn() async throws {
        let folder = try Folder()
        try folder.database()
        let connection = connection(folder)
        let (started, continuation) = AsyncStream<Void>.makeStream()
        let task = Task {
            try await connection.run(within: .seconds(3_600)) { session in
                continuation.yield()
                _ = try? session.table(endless, within: .seconds(3_600))
            }
        }
        for await _ in started { break }
        let error = await #expect(throws: SQLiteExporterError.self) {
            try await connection.run(within: .seconds(1)) { _ in }
        }
        #expect(error?.code == .busy)
        task.cancel()
        _ = try await answer(connection)
        await connection.close()
    }

    @Test func aPoolWithoutRoomDoesNotLockTheConnection() async throws {
        let folder = try Folder()
        try folder.database()
        let pool = BlockingPool(maximumThreads: 1, maximumQueue: 0)
        let blocker = connection(folder, pool: pool)
        let connection = connection(folder, pool: pool)
        let (started, continuation) = AsyncStream<Void>.makeStream()
        let task = Task {
            try await blocker.run(within: .seconds(3_600)) { session in
                continuation.yield()
                _ = try? session.table(endless, within: .seconds(3_600))
            }
        }
        for await _ in started { break }
        let error = await #expect(throws: SQLiteExporterError.self) {
            try await connection.run(within: .seconds(1)) { _ in }
        }
        #expect(error?.code == .busy)
        task.cancel()
        #expect(try await answer(connection).values == [.integer(1)])
        await connection.close()
        await blocker.close()
    }

    @Test func aSignalStopsOnlyTheRunThatItIsMeantFor() {
        let signal = StopSignal()
        let first = signal.begin()
        #expect(!signal.shouldStop)
        signal.cancel(first)
        #expect(signal.isCancelled && signal.shouldStop)
        let second = signal.begin()
        #expect(!signal.isCancelled)
        signal.cancel(first)
        #expect(!signal.shouldStop)
        signal.setDeadline(.now - .seconds(1))
        #expect(signal.shouldStop && !signal.isCancelled)
        signal.setDeadline(.now + .seconds(3_600))
        #expect(!signal.shouldStop)
        signal.cancel(second)
        #expect(signal.isCancelled)
    }

    @Test func slowQueriesComeLastUntilTheyAreQuickAgain() {
        let names = ["a", "b", "c"].map { "- {name: \($0), query: x, metrics: [{name: \($0), kind: gauge, value: v}]}" }
        let problems = ProblemCount()
        let definitions = QueryFile.parse(
            "queries:\n" + names.joined(separator: "\n"),
            file: "q.yaml",
            defaultPrefix: "",
            problems: problems.list
        )
        let queries = QueryPlan(definitions, interval: .seconds(1), timeout: .seconds(1)).groups.flatMap(\.queries)
        var order = QueryOrder()
        func arranged() -> [String] { order.arrange(queries).map(\.definition.name) }
        #expect(arranged() == ["a", "b", "c"])
        order.note(queries[0], timedOut: true)
        order.note(queries[1], timedOut: false)
        #expect(arranged() == ["b", "c", "a"])
        order.note(queries[0], timedOut: false)
        #expect(arranged() == ["a", "b", "c"])
    }
}
