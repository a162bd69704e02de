import ExporterKinds
import ExporterKit
import Logging
import PostgresClient
import QueryFiles
import Transport

extension PostgresExporter {
    /// How long cancelling at the server and draining the connection may take after a collection was given up.
    private static let cleanUpLimit = Duration.seconds(1)

    func collect(_ group: QueryGroup, into batch: inout MetricBatch) async throws {
        let deadline = ContinuousClock.now.advanced(by: budget(of: group).collection)
        let kept = try await timed("waiting for the connection") { try await slot.take(until: deadline) }
        var collection = Collection(group: group, facts: kept?.facts ?? lastFacts)
        var session: ServerSession?
        do {
            session = try await usable(kept, until: deadline)
            try await run(&session, isKept: session === kept, &collection, until: deadline)
        } catch {
            collection.fail(error)
            session = await cleanUp(session)
        }
        if let session { remember(session) }
        slot.putBack(session)
        if collection.isCancelled { throw CancellationError() }
        report(collection, session, into: &batch)
    }

    /// Runs what is due. If a kept session turns out to be lost, it is opened again once.
    private func run(
        _ session: inout ServerSession?,
        isKept: Bool,
        _ collection: inout Collection,
        until deadline: ContinuousClock.Instant
    ) async throws {
        guard let current = session else { return }
        do {
            try await runDue(current, &collection, until: deadline)
        } catch let error as PostgresError where error.code == .connectionLost && isKept && !collection.hasAnswers {
            current.connection.finish()
            session = nil
            let fresh = try await open(until: deadline)
            session = fresh
            try await runDue(fresh, &collection, until: deadline)
        }
    }

    private func runDue(
        _ session: ServerSession,
        _ collection: inout Collection,
        until deadline: ContinuousClock.Instant
    ) async throws {
        let group = collection.group
        collection.plan(for: session.facts)
        let before = session.facts
        let hasStatus = session.mode != .oneByOne(.plain)
        try await run(collection.waiting, withStatus: hasStatus, session, &collection, until: deadline)
        guard session.facts != before else { return }
        // The server was promoted, say: other queries are for it now.
        collection.plan(for: session.facts)
        if !collection.waiting.isEmpty {
            logger.info("The server has changed", metadata: ["collector": "\(group.name)"])
            try await run(collection.waiting, withStatus: false, session, &collection, until: deadline)
        }
    }

    private func run(
        _ queries: [Int],
        withStatus: Bool,
        _ session: ServerSession,
        _ collection: inout Collection,
        until deadline: ContinuousClock.Instant
    ) async throws {
        let group = collection.group
        let budget = budget(of: group)
        let status = withStatus ? [Statement(sql: ServerSession.statusQuery)] : []
        let statements =
            status
            + queries.map { query in
                let timeout = budget.statement(group.queries[query].timeout)
                return Statement(
                    sql: group.queries[query].definition.sql,
                    timeout: timeout == sessionStatementTimeout ? nil : timeout
                )
            }
        try await timed("the collection") {
            try await session.run(statements, until: deadline) { index, outcome in
                collection.noteAnswer()
                guard index >= status.count else {
                    if case .success(let rows) = outcome.result { session.learn(rows) }
                    return
                }
                let query = queries[index - status.count]
                let part = group.part(of: query, outcome)
                collection.add(part, of: query)
                problemLog.note(part.problems, of: part.name)
            }
        }
    }

    /// Leaves nothing behind at the server; nil if the session cannot be used again.
    private func cleanUp(_ session: ServerSession?) async -> ServerSession? {
        guard let session else { return nil }
        let limit = ContinuousClock.now.advanced(by: Self.cleanUpLimit)
        // A task of its own, because this one may be cancelled. It is waited for.
        let isClean = await Task { await session.connection.abandon(pool: pool, until: limit) }.value
        if isClean { return session }
        session.connection.finish()
        return nil
    }

    private func report(_ collection: Collection, _ session: ServerSession?, into batch: inout MetricBatch) {
        if collection.group.isBase {
            batch.add(BuiltInMetrics.part(isUp: collection.hasAnswers, version: session))
        }
        for part in collection.parts() { batch.add(part) }
        batch.serviceAnswered = collection.hasAnswers
    }
}
