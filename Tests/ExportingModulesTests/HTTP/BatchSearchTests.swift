import TestSupport
import Testing

@testable import ExportingModules

@Suite("The search for refused records")
struct BatchSearchTests {
    @Test("A batch that is taken is one request")
    func accepted() async throws {
        var parts: [Range<Int>] = []
        let outcomes = try await BatchSearch.run(count: 1000) { part in
            parts.append(part)
            return .init(outcome: .accepted)
        }
        #expect(parts == [0..<1000])
        #expect(outcomes == Array(repeating: .accepted, count: 1000))
    }

    @Test("An empty batch is no request")
    func empty() async throws {
        let outcomes = try await BatchSearch.run(count: 0) { _ in .init(outcome: .rejected(reason: "never")) }
        #expect(outcomes.isEmpty)
    }

    @Test("Exactly the poison is rejected, in order, whatever its places", arguments: 0..<40)
    func exact(seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let count = Int.random(in: 1...200, using: &random)
        let poison = Set((0..<count).filter { _ in Int.random(in: 0..<10, using: &random) < seed % 4 })
        var taken: [Int] = []
        var requests = 0
        let outcomes = try await BatchSearch.run(count: count, requests: 1000) { part in
            requests += 1
            if part.contains(where: poison.contains) { return .init(outcome: .rejected(reason: "bad")) }
            taken += part
            return .init(outcome: .accepted)
        }
        #expect(outcomes.count == count)
        for (index, outcome) in outcomes.enumerated() {
            #expect(outcome == (poison.contains(index) ? .rejected(reason: "bad") : .accepted))
        }
        #expect(taken == (0..<count).filter { !poison.contains($0) })
        #expect(requests <= max(1, 2 * poison.count * 9))
    }

    @Test("The requests are bounded, and what is not known then is sent again at once")
    func bounded() async throws {
        var requests = 0
        let outcomes = try await BatchSearch.run(count: 1000, requests: 20) { _ in
            requests += 1
            return .init(outcome: .rejected(reason: "bad"))
        }
        #expect(requests == 20)
        #expect(outcomes.count == 1000)
        #expect(outcomes.first == .rejected(reason: "bad"))
        #expect(outcomes.last == .retry(after: .zero, reason: "the search for refused records goes on"))
        let rejected = outcomes.prefix { $0 == .rejected(reason: "bad") }
        #expect(rejected.count >= 5)
    }

    @Test("A server that fails in between ends the search; what was decided stays")
    func fails() async throws {
        let outcomes = try await BatchSearch.run(count: 8) { part in
            if part.count > 4 { return .init(outcome: .rejected(reason: "bad")) }
            return .init(outcome: part.lowerBound == 0 ? .accepted : .retry(after: .seconds(7), reason: "busy"))
        }
        #expect(
            outcomes == Array(repeating: .accepted, count: 4)
                + Array(repeating: .retry(after: .seconds(7), reason: "busy"), count: 4)
        )
    }

    @Test("An error at the first request is thrown, a later one keeps what was decided")
    func throwing() async throws {
        await #expect(throws: TestSupportError.self) {
            _ = try await BatchSearch.run(count: 4) { _ in throw TestSupportError("gone") }
        }
        let outcomes = try await BatchSearch.run(count: 4) { part in
            if part.count == 4 { return .init(outcome: .tooLarge(reason: "big")) }
            if part.lowerBound == 0 { return .init(outcome: .accepted) }
            throw TestSupportError("gone")
        }
        #expect(outcomes[0...1] == [.accepted, .accepted])
        #expect(outcomes[2...3] == [.retry(after: nil, reason: "gone"), .retry(after: nil, reason: "gone")])
    }

    @Test("Too large is sent in halves, and one record alone stays too large")
    func tooLarge() async throws {
        let outcomes = try await BatchSearch.run(count: 5) { part in
            .init(outcome: part.count > 1 || part == 3..<4 ? .tooLarge(reason: "big") : .accepted)
        }
        #expect(outcomes == [.accepted, .accepted, .accepted, .tooLarge(reason: "big"), .accepted])
    }

    @Test("A refusal that is about all records is not searched")
    func whole() async throws {
        var requests = 0
        let outcomes = try await BatchSearch.run(count: 100) { _ in
            requests += 1
            return .init(outcome: .rejected(reason: "gone"), isWhole: true)
        }
        #expect(requests == 1)
        #expect(outcomes == Array(repeating: .rejected(reason: "gone"), count: 100))
    }

    @Test("What is decided with a record is not asked for")
    func ahead() async throws {
        var requests = 0
        let outcomes = try await BatchSearch.run(count: 1000) { part in
            requests += 1
            guard part.lowerBound < 900 else { return .init(outcome: .accepted) }
            return .init(outcome: .rejected(reason: "old"), end: part.count == 1 ? 900 : 0)
        }
        #expect(outcomes.prefix(900).allSatisfy { $0 == .rejected(reason: "old") })
        #expect(outcomes.suffix(100).allSatisfy { $0 == .accepted })
        #expect(requests < 20)
    }

    @Test("The answer for a batch has the outcomes in their places")
    func delivery() {
        let outcomes: [DeliveryOutcome] = [.rejected(reason: "a"), .accepted, .tooLarge(reason: "b"), .accepted]
        let delivery = Delivery(outcomes)
        #expect(delivery.count == 4)
        #expect(outcomes.indices.map { delivery[$0] } == outcomes)
        #expect(delivery.exceptions.count == 2)
        #expect(Delivery([]).count == 0)
    }
}
