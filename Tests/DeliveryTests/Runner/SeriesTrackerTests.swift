import ExporterKit
import ExportingModules
import Exposition
import TestSupport
import Testing

@testable import Delivery

struct SeriesTrackerTests {
    private static func collection(
        _ names: [String],
        collector: String = "main",
        generation: UInt64 = 1,
        time: Int64 = 1_000,
        _ completeness: CollectedSamples.Completeness = .whole,
        staleAfter: Duration? = .seconds(30)
    ) -> CollectedSamples {
        CollectedSamples(
            id: ExporterID(key: "orders", generation: generation),
            collector: collector,
            service: "orders",
            labels: ["env": "prod"],
            time: time,
            samples: names.map { Sample(name: "x", labels: ["n": $0], value: 1, timestamp: time) },
            completeness: completeness,
            staleAfter: staleAfter
        )
    }

    private static func names(_ samples: [Sample]) -> [String] { samples.compactMap { $0.labels["n"] } }

    @Test func seriesThatAWholeCollectionNoLongerHasHasEnded() {
        let tracker = SeriesTracker(limit: 100)
        #expect(tracker.collected(Self.collection(["a", "b", "c"]), now: .zero).isEmpty)
        #expect(tracker.collected(Self.collection(["a", "b", "c"]), now: .seconds(15)).isEmpty)
        let ended = tracker.collected(Self.collection(["c", "a"], time: 9_000), now: .seconds(30))
        #expect(Self.names(ended) == ["b"])
        #expect(ended.allSatisfy { $0.isStale && $0.timestamp == 9_000 })
        #expect(tracker.collected(Self.collection(["a", "c"]), now: .seconds(45)).isEmpty, "it is told once")
        #expect(tracker.count == 2)
    }

    @Test func seriesOfAFailedCollectionEndWhenPagesNoLongerShowThem() {
        let tracker = SeriesTracker(limit: 100)
        _ = tracker.collected(Self.collection(["a", "b"]), now: .zero)
        #expect(tracker.collected(Self.collection([], .failed), now: .seconds(15)).isEmpty)
        #expect(tracker.collected(Self.collection([], .failed), now: .seconds(29)).isEmpty)
        let ended = tracker.collected(Self.collection([], time: 5_000, .failed), now: .seconds(30))
        #expect(Self.names(ended) == ["a", "b"] && tracker.count == 0)
        #expect(tracker.collected(Self.collection(["a"]), now: .seconds(60)).isEmpty)
    }

    @Test func seriesOfACollectorThatHangsEndWithoutAnyCollection() {
        let tracker = SeriesTracker(limit: 100)
        _ = tracker.collected(Self.collection(["a"]), now: .zero)
        #expect(tracker.expire(now: .seconds(29), time: 0).isEmpty)
        let ended = tracker.expire(now: .seconds(30), time: 77_000)
        #expect(ended.map(\.key) == ["orders"] && ended.map(\.service) == ["orders"])
        #expect(ended.first?.labels == ["env": "prod"])
        #expect(ended.flatMap(\.samples).map(\.timestamp) == [77_000])
        #expect(tracker.expire(now: .seconds(90), time: 0).isEmpty && tracker.count == 0)
    }

    @Test func seriesOfAPartThatFailsEndLater() {
        let tracker = SeriesTracker(limit: 100)
        _ = tracker.collected(Self.collection(["a", "b", "c"]), now: .zero)
        #expect(tracker.collected(Self.collection(["a"], .partial), now: .seconds(15)).isEmpty)
        #expect(tracker.count == 3)
        // One of them is back, the other is too old by now.
        let ended = tracker.collected(Self.collection(["a", "b"], .partial), now: .seconds(30))
        #expect(Self.names(ended) == ["c"])
        let whole = tracker.collected(Self.collection(["a"]), now: .seconds(31))
        #expect(Self.names(whole) == ["b"] && tracker.count == 1)
    }

    @Test func wholeCollectionAlsoEndsWhatAPartialOneWasMissing() {
        let tracker = SeriesTracker(limit: 100)
        _ = tracker.collected(Self.collection(["a", "b"]), now: .zero)
        _ = tracker.collected(Self.collection(["a"], .partial), now: .seconds(1))
        #expect(Self.names(tracker.collected(Self.collection(["a"]), now: .seconds(2))) == ["b"])
    }

    @Test func seriesOfARemovedExporterEndAtOnce() {
        let tracker = SeriesTracker(limit: 100)
        _ = tracker.collected(Self.collection(["a"]), now: .zero)
        _ = tracker.collected(Self.collection(["b"], collector: "other"), now: .zero)
        let ended = tracker.remove(ExporterID(key: "orders", generation: 1), time: 4_000)
        #expect(Set(ended.flatMap { Self.names($0.samples) }) == ["a", "b"] && tracker.count == 0)
        #expect(tracker.remove(ExporterID(key: "orders", generation: 1), time: 4_000).isEmpty)
    }

    @Test func replacedExporterTakesNothingWithIt() {
        let tracker = SeriesTracker(limit: 100)
        _ = tracker.collected(Self.collection(["a", "old"]), now: .zero)
        let ended = tracker.collected(Self.collection(["a", "new"], generation: 2), now: .seconds(1))
        #expect(Self.names(ended) == ["old"])
        #expect(tracker.collected(Self.collection(["a", "old"]), now: .seconds(2)).isEmpty, "it says nothing any more")
        #expect(tracker.remove(ExporterID(key: "orders", generation: 1), time: 0).isEmpty)
        #expect(tracker.count == 2)
    }

    @Test func markComesAfterTheLastSampleOfItsSeries() {
        let tracker = SeriesTracker(limit: 100)
        var first = Self.collection(["a", "b"])
        first.samples[0].timestamp = 50_000
        first.samples[1].timestamp = .max
        _ = tracker.collected(first, now: .zero)
        let ended = tracker.collected(Self.collection([], time: 2_000), now: .seconds(1))
        #expect(ended.map(\.timestamp) == [50_001, .max])
    }

    @Test func numberOfKnownSeriesIsBounded() {
        let tracker = SeriesTracker(limit: 5)
        _ = tracker.collected(Self.collection(["a", "b", "c"]), now: .zero)
        _ = tracker.collected(Self.collection(["d", "e", "f", "g"], collector: "other"), now: .zero)
        #expect(tracker.count == 5 && tracker.untracked == 2)
        let ended = tracker.collected(Self.collection([], collector: "other"), now: .seconds(1))
        #expect(Self.names(ended) == ["d", "e"] && tracker.count == 3)
    }

    @Test(arguments: UInt64(0)..<20)
    func everySeriesIsToldToEndExactlyOnceAfterItWasThere(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let tracker = SeriesTracker(limit: 1_000)
        var alive: Set<String> = []
        var now = Duration.zero
        let names = (0..<12).map(String.init)
        for _ in 0..<300 {
            now += .seconds(Int.random(in: 1...20, using: &random))
            var ended: [String]
            if Int.random(in: 0..<6, using: &random) == 0 {
                ended = tracker.expire(now: now, time: 0).flatMap { Self.names($0.samples) }
            } else {
                let kinds: [CollectedSamples.Completeness] = [.whole, .whole, .partial, .failed]
                let kind = kinds.randomElement(using: &random) ?? .whole
                let present = kind == .failed ? [] : names.filter { _ in Bool.random(using: &random) }
                ended = Self.names(tracker.collected(Self.collection(present, kind), now: now))
                #expect(Set(ended).isDisjoint(with: present))
                if kind == .whole { #expect(Set(ended) == alive.subtracting(present)) }
                alive.formUnion(present)
            }
            #expect(Set(ended).count == ended.count && Set(ended).isSubset(of: alive))
            alive.subtract(ended)
            #expect(tracker.count == alive.count)
        }
    }
}
