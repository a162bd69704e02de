import ExportingModules
import Exposition
import TestSupport
import Testing

@testable import SQLModule

@Suite("Finding the rows that a database refuses")
struct BatchInsertionTests {
    @Test("Exactly they are rejected, the others are inserted once and in order", arguments: 0..<40 as Range<UInt64>)
    func finds(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let count = Int.random(in: 0...300, using: &generator)
        let share = Double.random(in: 0...1, using: &generator)
        let poison = Set((0..<count).filter { _ in Double.random(in: 0...2, using: &generator) < share * share })
        var inserted: [Int] = []
        let delivery = try await BatchInsertion.run(count: count) { range in
            if let bad = range.first(where: poison.contains) { throw SQLStoreError.refused(reason: "row \(bad)") }
            inserted += range
        }
        #expect(inserted == (0..<count).filter { !poison.contains($0) })
        for index in 0..<count {
            #expect(delivery[index] == (poison.contains(index) ? .rejected(reason: "row \(index)") : .accepted))
        }
    }

    @Test("When the database goes away the rest is to be sent again, and what was done stays done")
    func stops() async throws {
        var calls = 0
        let delivery = try await BatchInsertion.run(count: 16) { range in
            calls += 1
            if range.contains(0) { throw SQLStoreError.refused(reason: "bad") }
            if range.contains(4) { throw SQLStoreError.unavailable(reason: "gone", after: .seconds(3)) }
        }
        #expect(delivery[0] == .rejected(reason: "bad"))
        #expect((1..<4).allSatisfy { delivery[$0] == .accepted })
        #expect((4..<16).allSatisfy { delivery[$0] == .retry(after: .seconds(3), reason: "gone") })
        #expect(calls == 8)
    }

    @Test("Other errors are thrown")
    func throwsOthers() async {
        await #expect(throws: CancellationError.self) {
            try await BatchInsertion.run(count: 3) { _ in throw CancellationError() }
        }
    }

    @Test("The cache of series forgets all rather than grow")
    func cache() {
        var cache = SeriesCache(limit: 10)
        let keys = (0..<25).map { SeriesKey(name: "\($0)", service: "", labels: [:]) }
        cache.add(Dictionary(uniqueKeysWithValues: keys[..<8].enumerated().map { ($1, Int64($0)) }))
        #expect(cache[keys[3]] == 3)
        cache.add([keys[8]: 8, keys[9]: 9, keys[10]: 10])
        #expect(cache[keys[3]] == nil)
        #expect(cache[keys[9]] == 9)
        cache.add(Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1, Int64($0)) }))
        #expect(keys.filter { cache[$0] != nil }.count == 10)
    }

    @Test("Series differ when a byte of a name differs, and where one ends and the next begins")
    func keys() {
        let keys = [
            SeriesKey(name: "ab", service: "c", labels: [:]), SeriesKey(name: "a", service: "bc", labels: [:]),
            SeriesKey(name: "a", service: "", labels: ["b": "c"]),
            SeriesKey(name: "a", service: "", labels: ["bc": ""]),
            SeriesKey(name: "\u{e9}", service: "", labels: [:]), SeriesKey(name: "e\u{301}", service: "", labels: [:]),
        ]
        #expect(Set(keys).count == 6)
        #expect(Set(keys.map(\.digest)).count == 6)
        #expect(keys[0].digest.utf8.count == 64)
    }
}
