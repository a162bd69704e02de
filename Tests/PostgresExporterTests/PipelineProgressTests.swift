import PostgresClient
import Testing

@testable import PostgresExporter

@Suite struct PipelineProgressTests {
    private let error = PostgresError(code: .queryFailed, message: "no")

    @Test func eachSegmentGivesItsLastRows() throws {
        var progress = PipelineProgress<String>(commandCounts: [1, 2])
        let early = try progress.take(.rows("a"))
        #expect(early == nil)
        let first = try #require(try progress.take(.sync))
        #expect(first.segment == 0)
        #expect(try first.outcome.get() == "a")
        _ = try progress.take(.rows("timeout"))
        _ = try progress.take(.rows("b"))
        #expect(progress.remaining == 1)
        let second = try #require(try progress.take(.sync))
        #expect(second.segment == 1)
        #expect(try second.outcome.get() == "b")
        #expect(progress.isFinished)
    }

    @Test func aFailureCostsItsSegmentOnly() throws {
        var progress = PipelineProgress<String>(commandCounts: [2, 1])
        _ = try progress.take(.failure(error))
        _ = try progress.take(.skipped)
        let first = try #require(try progress.take(.sync))
        #expect(throws: error) { try first.outcome.get() }
        _ = try progress.take(.rows("b"))
        let second = try #require(try progress.take(.sync))
        #expect(try second.outcome.get() == "b")
    }

    @Test func theFirstFailureCounts() throws {
        var progress = PipelineProgress<String>(commandCounts: [2])
        _ = try progress.take(.failure(error))
        _ = try progress.take(.failure(PostgresError(code: .queryFailed, message: "later")))
        let segment = try #require(try progress.take(.sync))
        #expect(throws: error) { try segment.outcome.get() }
    }

    @Test func repliesThatDoNotFitAreAnError() throws {
        var early = PipelineProgress<String>(commandCounts: [1])
        #expect(throws: PostgresError.self) { try early.take(.sync) }
        var extra = PipelineProgress<String>(commandCounts: [1])
        _ = try extra.take(.rows("a"))
        #expect(throws: PostgresError.self) { try extra.take(.rows("b")) }
        var over = PipelineProgress<String>(commandCounts: [])
        #expect(throws: PostgresError.self) { try over.take(.rows("a")) }
    }
}
