import ExporterKit
import Exposition
import Synchronization
import TestSupport
import Testing

@testable import Agent

@Suite final class PageCacheTests: Sendable {
    private let clock = ManualClock()
    private let cache: PageCache
    private let metrics = SelfMetrics()
    private let made = Mutex(0)

    init() {
        cache = PageCache(time: TimeSource(clock: clock, wallTime: { .zero }), metrics: metrics)
    }

    private func page(
        _ filter: ServiceFilter = ServiceFilter(),
        format: ExpositionFormat = .canonical
    ) -> String {
        let family = MetricFamily(name: "x", kind: .gauge, metrics: [Metric(1)])
        let chunks = cache.chunks(format: format, filter: filter) {
            made.withLock { $0 += 1 }
            let encoded = SnapshotEncoder(labels: [:]).encode([family])
            return [PageSection(id: "a", labels: [:], families: encoded.families)]
        }
        return String(decoding: Array(chunks.joined()), as: UTF8.self)
    }

    @Test func scrapesAtTheSameTimeShareOnePage() async {
        let pages = await withTaskGroup(of: String.self) { group in
            for _ in 0..<50 { group.addTask { self.page() } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(pages) == ["# TYPE x gauge\nx 1\n"])
        #expect(made.withLock { $0 } == 1)
    }

    @Test func aPageIsSharedForALittleWhileOnly() {
        _ = page()
        clock.advance(by: PageCache.lifetime - .nanoseconds(1))
        _ = page()
        #expect(made.withLock { $0 } == 1)
        clock.advance(by: .nanoseconds(1))
        _ = page()
        #expect(made.withLock { $0 } == 2)
    }

    @Test func formatsAndFiltersHavePagesOfTheirOwn() {
        #expect(page().hasSuffix("x 1\n"))
        #expect(page(format: ExpositionFormat(syntax: .openMetrics100)).hasSuffix("# EOF\n"))
        _ = page(ServiceFilter(service: "a"))
        _ = page(ServiceFilter(hash: "a"))
        #expect(made.withLock { $0 } == 4)
    }

    @Test func whatStrangersAskForIsNotKeptWithoutBound() {
        for index in 0..<10_000 { _ = page(ServiceFilter(service: "\(index)")) }
        #expect(cache.count <= 16)
        #expect(page().hasSuffix("x 1\n"))
        clock.advance(by: .seconds(1))
        _ = page()
        #expect(cache.count == 1)
    }
}
