import Exposition
import TestSupport
import Testing

@testable import ExporterKit

@Suite(.timeLimit(.minutes(5)))
struct SnapshotStoreTests {
    /// A store whose time stands still, with one exporter.
    struct Fixture {
        let clock = ManualClock()
        let store: SnapshotStore
        let id = ExporterID(key: "a", generation: 1)
        let snapshots: ExporterSnapshots

        init(intervals: [Int] = [10]) throws {
            store = SnapshotStore(time: TimeSource(clock: clock) { .zero })
            snapshots = store.ensure(id, labels: [:])
            let settings = try CollectionSettings(interval: .seconds(10))
            let collectors = intervals.map { ClosureCollector("every \($0)", interval: .seconds($0)) { _ in } }
            snapshots.prepare(CollectorPlan.plans(for: collectors, settings: settings))
            store.takeOver(id)
        }

        @discardableResult
        func record(
            _ collector: Int = 0,
            labels: LabelSet = [:],
            limit: Int = 100,
            _ fill: (inout MetricBatch) -> Void
        ) -> [SampleProblem] {
            var batch = MetricBatch()
            fill(&batch)
            let outcome = BatchEncoder(labels: labels, sampleLimit: limit)
                .encode(batch, duration: .seconds(1), end: store.time.now, wallEnd: .seconds(77))
            return outcome.problems + snapshots.record(outcome, of: collector).1
        }

        func fail(_ collector: Int = 0, _ error: String = "refused") {
            let now = store.time.now
            _ = snapshots.record(
                CollectionOutcome(.failed(error), duration: .seconds(2), end: now, wallEnd: .seconds(88)),
                of: collector
            )
        }

        var page: String {
            var text = ""
            _ = PageBuilder(format: .negotiate(accept: nil)).write(store.sections()) {
                text += String(decoding: $0, as: UTF8.self)
            }
            return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(separator: "\n")
        }

        func health() throws -> ServiceHealth { try #require(store.health("a")) }
    }

    private static func part(_ name: String, _ metric: String, _ value: Double = 1) -> MetricBatch.Part {
        MetricBatch.Part(name: name, families: [MetricFamily(name: metric, kind: .gauge, metrics: [Metric(value)])])
    }

    // MARK: What is shown

    @Test func failedCollectionKeepsTheLastGoodSamplesUntilTheyAreStale() throws {
        let fixture = try Fixture()
        fixture.record { $0.gauge("x", "", 1) }
        fixture.clock.advance(by: .seconds(10))
        fixture.fail()
        #expect(fixture.page == "x 1")
        fixture.clock.advance(by: .milliseconds(14_999))
        #expect(fixture.page == "x 1")
        fixture.clock.advance(by: .milliseconds(1))
        #expect(fixture.page == "")
        let health = try fixture.health()
        #expect(health.sampleCount == 0)
        #expect(health.age == .seconds(25))
        fixture.record { $0.gauge("x", "", 2) }
        #expect(fixture.page == "x 2")
    }

    @Test func failedPartKeepsItsOwnSamplesOnlyAndGoesStaleAlone() throws {
        let fixture = try Fixture()
        fixture.record { batch in
            batch.add(Self.part("one", "one", 1))
            batch.add(Self.part("two", "two", 1))
        }
        for value in 2...3 {
            fixture.clock.advance(by: .seconds(12))
            fixture.record { batch in
                batch.add(Self.part("one", "one", Double(value)))
                batch.add(MetricBatch.Part(name: "two", error: "no such column"))
            }
            #expect(fixture.page == "one \(value)\ntwo 1")
        }
        fixture.clock.advance(by: .seconds(1))
        #expect(fixture.page == "one 3")
        let health = try fixture.health()
        #expect(health.up)
        #expect(health.errorCount == 2)
        #expect(health.lastError == "two: no such column")
        let part = CollectorHealth.FailingPart(name: "two", error: "no such column", age: .seconds(25))
        #expect(health.collectors.first?.failingParts == [part])
    }

    @Test func partThatIsGoneFromAGoodCollectionGoesAtOnce() throws {
        let fixture = try Fixture()
        fixture.record { batch in
            batch.gauge("x", "", 1)
            batch.add(Self.part("two", "two"))
        }
        #expect(fixture.page == "two 1\nx 1")
        fixture.record { $0.gauge("x", "", 1) }
        #expect(fixture.page == "x 1")
    }

    @Test func failedPartThatWasNeverGoodShowsNothing() throws {
        let fixture = try Fixture()
        fixture.record { batch in
            var part = Self.part("one", "one")
            part.error = "half of it"
            batch.add(part)
        }
        #expect(fixture.page == "")
        #expect(try !fixture.health().up)
    }

    @Test func seriesThatTwoPartsGiveIsShownOnceAndCounted() throws {
        let fixture = try Fixture(intervals: [10, 20])
        let labelled = { (value: String) in
            MetricFamily(name: "x", kind: .gauge, metrics: [Metric(labels: ["a": value], 1)])
        }
        #expect(fixture.record { $0.add(labelled("1")) }.isEmpty)
        let problems = fixture.record(1) { batch in
            batch.add(MetricFamily(name: "x", kind: .gauge, metrics: labelled("1").metrics + labelled("2").metrics))
        }
        #expect(problems.map(\.reason) == [.duplicateSeries])
        #expect(problems.map(\.count) == [1])
        #expect(fixture.page == "x{a=\"1\"} 1\nx{a=\"2\"} 1")
        let health = try fixture.health()
        #expect(health.problems.count == 1)
        #expect(health.droppedSamples == 1)
        #expect(health.sampleCount == 2)
    }

    @Test func partsThatDisagreeAboutTheTypeCostTheLaterOne() throws {
        let fixture = try Fixture()
        let problems = fixture.record { batch in
            batch.add(Self.part("one", "x_total"))
            batch.add(
                MetricBatch.Part(
                    name: "two",
                    families: [
                        MetricFamily(
                            name: "x_total",
                            kind: .counter,
                            metrics: [Metric(2), Metric(labels: ["a": "b"], 3)]
                        )
                    ]
                )
            )
        }
        #expect(problems.map(\.reason) == [.typeConflict])
        #expect(problems.map(\.count) == [2])
        #expect(fixture.page == "x_total 1")
    }

    @Test func otherSeriesOfTwoPartsAreMergedUnderOneName() throws {
        let fixture = try Fixture()
        fixture.record { batch in
            for value in ["1", "2"] {
                batch.add(
                    MetricBatch.Part(
                        name: value,
                        families: [
                            MetricFamily(name: "b", kind: .gauge, metrics: [Metric(labels: ["part": value], 1)]),
                            MetricFamily(name: "a\(value)", kind: .gauge, metrics: [Metric(1)]),
                        ]
                    )
                )
            }
        }
        #expect(fixture.page == "a1 1\na2 1\nb{part=\"1\"} 1\nb{part=\"2\"} 1")
    }

    @Test func sampleLimitHoldsForAllPartsTogether() throws {
        let fixture = try Fixture()
        let problems = fixture.record(limit: 3) { batch in
            for number in 0..<5 { batch.add(Self.part("\(number)", "x\(number)")) }
        }
        #expect(fixture.page == "x0 1\nx1 1\nx2 1")
        #expect(problems.map(\.reason) == [.limitExceeded, .limitExceeded])
    }

    @Test func partsBeyondTheLimitAndOfOneNameAreHandled() throws {
        let fixture = try Fixture()
        let problems = fixture.record(limit: 10_000) { batch in
            for number in 0..<1_100 { batch.add(Self.part("\(number)", "x\(number)")) }
            batch.add(Self.part("0", "again"))
        }
        #expect(problems.count == 100)
        #expect(fixture.page.contains("again 1"))
        let health = try fixture.health()
        #expect(health.problems.count == 20)
        #expect(health.droppedSamples == 100)
    }

    @Test func sectionNamesOnlyLabelsThatAreInEveryLine() throws {
        let fixture = try Fixture()
        fixture.record(labels: ["env": "test", "host": "h", "empty": "", "no name": "x"]) { batch in
            batch.add(Self.part("one", "one"))
            batch.add(Self.part("two", "two"))
        }
        #expect(fixture.store.sections().map(\.labels) == [["env": "test", "host": "h"]])
        fixture.store.update(fixture.id, labels: ["env": "prod", "host": "h"])
        #expect(fixture.store.sections().map(\.labels) == [["env": "test", "host": "h"]])
        fixture.record(labels: ["env": "prod", "host": "h"]) { batch in
            batch.add(Self.part("one", "one"))
            batch.add(MetricBatch.Part(name: "two", error: "refused"))
        }
        #expect(fixture.store.sections().map(\.labels) == [["host": "h"]])
        #expect(try fixture.health().vitals.labels == ["env": "prod", "host": "h"])
    }

    // MARK: Truth

    @Test func serviceIsDownFromTheFirstFailureAndWhenNothingIsHeard() throws {
        let fixture = try Fixture()
        #expect(try !fixture.health().up)
        fixture.record { $0.gauge("x", "", 1) }
        #expect(try fixture.health().up)
        fixture.fail()
        #expect(try !fixture.health().up)
        #expect(try fixture.health().lastError == "refused")
        #expect(try fixture.health().lastCollection == .seconds(88))
        #expect(try fixture.health().lastSuccess == .seconds(77))
        fixture.record { _ in }
        #expect(try fixture.health().up)
        #expect(try fixture.health().lastError == nil)
        fixture.clock.advance(by: .seconds(25))
        #expect(try !fixture.health().up)
    }

    @Test func changesAreToldOnceNotWithEveryCollection() throws {
        let plan = CollectorPlan(name: "a", interval: .seconds(1), staleAfter: .seconds(2), isBase: true)
        var snapshot = CollectorSnapshot(plan: plan)
        let results: [CollectionOutcome.Result] = [
            .returned([], serviceAnswered: nil), .failed("1"), .failed("2"),
            .returned([.init(name: "q", error: "3")], serviceAnswered: true), .returned([], serviceAnswered: nil),
        ]
        let changes = results.map { result in
            snapshot.record(CollectionOutcome(result, duration: .zero, end: .zero, wallEnd: .zero))
        }
        #expect(changes == [.none, .failing("1"), .none, .none, .recovered])
    }

    @Test func rareCollectorsDecideNothing() throws {
        let fixture = try Fixture(intervals: [10, 3_600, 10])
        fixture.record(0) { $0.gauge("x", "", 1) }
        fixture.fail(1, "wrong query")
        fixture.fail(2)
        #expect(try fixture.health().up)
        fixture.fail(0)
        fixture.record(1) { $0.gauge("y", "", 1) }
        #expect(try !fixture.health().up, "the database may have died since the rare collection")
        #expect(try fixture.health().errorCount == 3)
        #expect(try fixture.health().lastDuration == .seconds(2))
    }

    @Test func staleAfterGrowsWithTheIntervalOfTheCollector() throws {
        let fixture = try Fixture(intervals: [10, 100])
        fixture.record(0) { $0.gauge("often", "", 1) }
        fixture.record(1) { $0.gauge("rare", "", 1) }
        fixture.clock.advance(by: .seconds(249))
        #expect(fixture.page == "rare 1")
        fixture.clock.advance(by: .seconds(1))
        #expect(fixture.page == "")
    }

    @Test func collectorMaySayThatTheServiceAnsweredThoughAllFailed() throws {
        let fixture = try Fixture()
        let failing = MetricBatch.Part(name: "q", error: "no such table")
        fixture.record { $0.add(failing) }
        #expect(try !fixture.health().up)
        fixture.record { batch in
            batch.add(failing)
            batch.serviceAnswered = true
        }
        #expect(try fixture.health().up)
        fixture.record { batch in
            batch.gauge("cached", "", 1)
            batch.serviceAnswered = false
        }
        #expect(try !fixture.health().up)
    }

    @Test func textsFromOutsideAreCut() throws {
        let fixture = try Fixture()
        let long = String(repeating: "\u{1F600}", count: 100_000)
        fixture.fail(0, BoundedText.text(long))
        let error = try #require(try fixture.health().lastError)
        #expect(error.utf8.count <= 1_000 && error.hasSuffix("\u{1F600}..."))
        fixture.record { batch in
            for number in 0..<100 { batch.add(MetricBatch.Part(name: "\(number)" + long, error: long)) }
        }
        let health = try fixture.health()
        #expect(health.collectors[0].failingParts.count == 50)
        #expect(
            health.collectors[0].failingParts.allSatisfy { $0.error.utf8.count <= 1_000 && $0.name.utf8.count <= 1_000 }
        )
        #expect(try #require(health.lastError).utf8.count <= 1_000)
        #expect(BoundedText.text(String(repeating: "x", count: 1_000)).utf8.count == 1_000)
    }

    // MARK: Taking over

    @Test func exporterIsHiddenUntilItTakesOver() throws {
        let store = SnapshotStore()
        let (old, new) = (ExporterID(key: "k", generation: 1), ExporterID(key: "k", generation: 2))
        #expect(!store.takeOver(old))
        store.add(old, labels: ["g": "1"])
        #expect(store.sections().isEmpty)
        #expect(store.health("k")?.isVisible == false)
        #expect(store.takeOver(old))
        #expect(store.sections().count == 1)
        store.add(new, labels: ["g": "2"])
        #expect(store.health("k")?.id == old)
        #expect(store.takeOver(new))
        #expect(store.health("k")?.id == new)
        #expect(!store.takeOver(old), "an earlier generation cannot come back")
        #expect(store.health(of: old)?.isVisible == false)
        store.remove(old)
        #expect(store.health(of: old) == nil)
        #expect(store.sections().count == 1)
        store.remove(new)
        store.remove(new)
        #expect(store.sections().isEmpty && store.vitals().isEmpty && store.health("k") == nil)
    }

    @Test func sectionsComeInKeyOrder() {
        let store = SnapshotStore()
        var random = SeededGenerator(seed: 1)
        let keys = (0..<200).map { "key \($0)" }
        for key in keys.shuffled(using: &random) {
            store.add(ExporterID(key: key), labels: [:])
            store.takeOver(ExporterID(key: key))
        }
        #expect(store.sections().map(\.id) == keys.sorted())
        for key in keys.prefix(100).shuffled(using: &random) { store.remove(ExporterID(key: key)) }
        #expect(store.vitals().map(\.id.key) == keys.dropFirst(100).sorted())
    }

    @Test func everyPageSeesTheOldExporterOrTheNewOneNeverBothNorNeither() async {
        let store = SnapshotStore()
        let keys = (0..<20).map { "key \($0)" }
        for key in keys {
            store.add(ExporterID(key: key, generation: 0), labels: [:])
            store.takeOver(ExporterID(key: key, generation: 0))
        }
        let isOver = Shared(false)
        let sorted = keys.sorted()
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    var isRight = true
                    var pages = 0
                    while !isOver.withLock({ $0 }) || pages == 0 {
                        isRight = isRight && store.sections().map(\.id) == sorted
                        pages += 1
                        await Task.yield()
                    }
                    return isRight
                }
            }
            group.addTask {
                for generation in 1...200 as ClosedRange<UInt64> {
                    for key in keys {
                        let next = ExporterID(key: key, generation: generation)
                        store.add(next, labels: [:])
                        store.takeOver(next)
                        store.remove(ExporterID(key: key, generation: generation - 1))
                    }
                    await Task.yield()
                }
                isOver.withLock { $0 = true }
                return true
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
