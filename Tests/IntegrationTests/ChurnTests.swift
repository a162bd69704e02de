import Dispatching
import ExporterKit
import Exposition
import Foundation
import Logging
import TestSupport
import Testing

extension IntegrationTests {
    /// A thousand services that come, go, change and fail, with a page that is fetched all the time.
    @Suite struct ChurnTests {
        /// `MUSTER_CHURN_SECONDS`, or 20.
        private static let duration = Duration.seconds(
            ProcessInfo.processInfo.environment["MUSTER_CHURN_SECONDS"].flatMap { Int($0) } ?? 20
        )

        @Test("No page is invalid and nothing leaks while a thousand services are churned")
        func churn() async throws {
            let seed = UInt64.random(in: 0 ... .max)
            let folder = try TemporaryFolder()
            let exporters = UnreliableExporters(file: try folder.write("x", to: "resource"), seed: seed)
            let catalog = ChurningCatalog(count: 1000, seed: seed)
            let store = SnapshotStore()
            let scheduler = CollectionScheduler(store: store)
            let settings = try CollectionSettings(interval: .seconds(2), timeout: .milliseconds(500))
            let registry = ExporterRegistry(
                configuration: .init(
                    concurrentSetups: 32,
                    setupTimeout: .milliseconds(500),
                    closeTimeout: .seconds(2)
                ),
                scheduler: scheduler,
                store: store,
                logger: Logger(label: "churn") { _ in SwiftLogNoOpLogHandler() }
            ) { _ in (exporters.make(), settings) }
            let dispatcher = try Dispatcher(
                configuration: .init(
                    interval: .milliseconds(100),
                    maximumRemoval: 1,
                    backoff: Backoff(initial: .milliseconds(100), maximum: .seconds(1)),
                    seed: seed
                ),
                poll: { try catalog.poll() }
            )

            let running = Task {
                await withDiscardingTaskGroup { group in
                    group.addTask { await scheduler.run() }
                    await withDiscardingTaskGroup { inner in
                        inner.addTask { await dispatcher.run() }
                        inner.addTask { await Task.detached { await registry.run(dispatcher) }.value }
                    }
                    group.cancelAll()
                }
            }
            do {
                try await fetchPages(store, exporters)
                catalog.calm()
                try await waitUntil("every service is there again", within: .seconds(60)) {
                    let status = dispatcher.status()
                    return status.services.count == 1000 && status.services.allSatisfy { $0.state == .registered }
                }
                #expect(registry.counts.open == 1000)
            } catch {
                running.cancel()
                await running.value
                throw TestSupportError("seed \(seed): \(error)")
            }
            running.cancel()
            await running.value

            try await waitUntil("every exporter is closed (seed \(seed))") {
                registry.counts.created == registry.counts.closed
            }
            #expect(registry.counts.created == exporters.made, "seed \(seed)")
            #expect(registry.counts.open == 0)
            try await waitUntil("no descriptor is left (seed \(seed))") { exporters.openDescriptors == 0 }
            #expect(store.vitals().isEmpty)
            #expect(scheduler.status.exporters == 0 && scheduler.status.running == 0, "\(scheduler.status)")
        }

        private func fetchPages(_ store: SnapshotStore, _ exporters: UnreliableExporters) async throws {
            let builder = PageBuilder(format: .canonical)
            let begin = ContinuousClock.now
            var early: Int?
            var pages = 0
            var most = 0
            while begin.duration(to: .now) < Self.duration {
                var bytes: [UInt8] = []
                let report = builder.write(store.sections()) { bytes += $0 }
                guard report.problems.isEmpty else { throw TestSupportError("\(report.problems.prefix(3))") }
                let page = try Page(bytes)
                guard page.samples.count == report.samples else {
                    throw TestSupportError("\(page.samples.count) samples, not \(report.samples)")
                }
                try check(page)
                pages += 1
                most = max(most, page.samples.count)
                // After the first third everything has its size.
                if early == nil, begin.duration(to: .now) > Self.duration / 3 { early = try ProcessMemory.resident() }
                await Task.yield()
            }
            let late = try ProcessMemory.resident()
            #expect(pages > 3 && most > 20_000, "\(pages) pages of at most \(most) samples")
            // Other tests run in this process too, so the bound is wide; a leak of pages or exporters is far beyond it.
            #expect(late < (early ?? late) * 2 + 300_000_000, "from \(early ?? 0) to \(late) bytes")
        }

        /// What a service gave is there wholly or not at all, and comes from one exporter.
        private func check(_ page: Page) throws {
            var values: [String: (count: Int, value: Double)] = [:]
            for sample in page.samples {
                let service = sample.labels["service"] ?? ""
                guard let known = values[service] else {
                    values[service] = (1, sample.value)
                    continue
                }
                guard known.value == sample.value else {
                    throw TestSupportError("\(service) is there from two exporters")
                }
                values[service] = (known.count + 1, known.value)
            }
            for (service, known) in values where known.count != UnreliableExporters.sampleCount {
                throw TestSupportError("\(service) has \(known.count) samples")
            }
        }
    }
}
