import Dispatch
import Foundation
import Settings
import Testing

@testable import Discovery

/// Serialised, because one of the tests counts what watchers hold.
@Suite(.serialized)
struct FileSourceTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func source(_ paths: String...) -> FileSource {
        FileSource(name: "files", configuration: .init(paths: paths, directory: folder.path))
    }

    private func list(_ name: String) -> String { "services: [{name: \(name), address: x}]\n" }

    /// Waits until the source lists what is expected, poll by poll as hints come.
    private func expect(
        _ source: FileSource,
        _ hints: inout AsyncStream<Void>.Iterator,
        lists expected: [String]
    ) async throws {
        while try await source.services().services.map(\.name) != expected {
            try #require(await hints.next() != nil)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `every way to change a file gives a hint`() async throws {
        try folder.write(list("a"), to: "s.yaml")
        let source = source("*.yaml")
        var hints = source.changes().makeAsyncIterator()
        try await expect(source, &hints, lists: ["a"])
        // In place, as a shell does.
        try folder.write(list("b"), to: "s.yaml")
        try await expect(source, &hints, lists: ["b"])
        // By renaming, as editors do.
        try folder.write(list("c"), to: ".s.yaml.swp")
        try folder.rename(".s.yaml.swp", to: "s.yaml")
        try await expect(source, &hints, lists: ["c"])
        try folder.write(list("d"), to: "t.yaml")
        try await expect(source, &hints, lists: ["c", "d"])
        try folder.remove("s.yaml")
        try await expect(source, &hints, lists: ["d"])
        try folder.rename("t.yaml", to: "t.off")
        try await expect(source, &hints, lists: [])
    }

    @Test(.timeLimit(.minutes(1)))
    func `a swapped link in the middle of the path is seen, as Kubernetes does it`() async throws {
        try folder.makeFolder("v1")
        try folder.makeFolder("v2")
        try folder.write(list("a"), to: "v1/s.yaml")
        try folder.write(list("b"), to: "v2/s.yaml")
        try folder.link("..data", to: "v1")
        try folder.link("s.yaml", to: "..data/s.yaml")
        let source = source("s.yaml")
        var hints = source.changes().makeAsyncIterator()
        try await expect(source, &hints, lists: ["a"])
        try folder.link("..data_tmp", to: "v2")
        try folder.rename("..data_tmp", to: "..data")
        try await expect(source, &hints, lists: ["b"])
        // The folder behind the new link is watched now.
        try folder.write(list("c"), to: "v2/s.yaml")
        try await expect(source, &hints, lists: ["c"])
    }

    @Test(.timeLimit(.minutes(1)))
    func `a link to a file elsewhere is followed`() async throws {
        let other = try TemporaryFolder()
        try other.write(list("a"), to: "real.yaml")
        try folder.link("s.yaml", to: other.path + "/real.yaml")
        let source = source("*.yaml")
        var hints = source.changes().makeAsyncIterator()
        try await expect(source, &hints, lists: ["a"])
        try other.write(list("b"), to: "real.yaml")
        try await expect(source, &hints, lists: ["b"])
    }

    @Test(.timeLimit(.minutes(1)))
    func `folders that come, go and are replaced are followed`() async throws {
        let source = source("conf/*/s.yaml")
        var hints = source.changes().makeAsyncIterator()
        try folder.makeFolder("conf/x")
        try folder.write(list("a"), to: "conf/x/s.yaml")
        // The folder does not exist at first, so the first polls may fail.
        while (try? await source.services().services.map(\.name)) != ["a"] { _ = await hints.next() }
        try folder.makeFolder("new/y")
        try folder.write(list("b"), to: "new/y/s.yaml")
        try folder.rename("conf", to: "old")
        try folder.rename("new", to: "conf")
        try await expect(source, &hints, lists: ["b"])
        try folder.write(list("c"), to: "conf/y/s.yaml")
        try await expect(source, &hints, lists: ["c"])
    }

    @Test(.timeLimit(.minutes(1)))
    func `a burst of changes gives few hints`() async throws {
        try folder.write(list("a"), to: "s.yaml")
        let source = source("s.yaml")
        let stream = source.changes()
        let polls = Task {
            var count = 0
            for await _ in stream {
                count += 1
                if try await source.services().services.map(\.name) == ["end"] { break }
            }
            return count
        }
        for index in 0..<200 { try folder.write(list("n\(index)"), to: "s.yaml") }
        try folder.write(list("end"), to: "s.yaml")
        #expect(try await polls.value <= 20)
    }

    @Test(.timeLimit(.minutes(1)))
    func `other files in the folder give no hint`() async throws {
        try folder.write(list("a"), to: "s.yaml")
        let source = source("s.yaml")
        var hints = source.changes().makeAsyncIterator()
        try folder.write("x", to: "other.log")
        try folder.write(list("b"), to: "s.yaml")
        _ = await hints.next()
        #expect(try await source.services().services.map(\.name) == ["b"])
        for _ in 0..<50 { try folder.write("x", to: "other.log") }
        let plan = WatchPlan([PathPattern("s.yaml", directory: folder.path)])
        #expect(plan.names == [folder.path: ["s.yaml"]])
    }

    @Test(.timeLimit(.minutes(1)))
    func `streams leave neither descriptors nor threads behind`() async throws {
        // Other tests run in this process, so only what watchers alone have is counted, and only a hundred is a leak.
        func watchers() throws -> (descriptors: Int, threads: Int) {
            let manager = FileManager.default
            let descriptors = try manager.contentsOfDirectory(atPath: "/proc/self/fd").filter {
                (try? manager.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)"))?.contains("inotify") ?? false
            }
            let threads = try manager.contentsOfDirectory(atPath: "/proc/self/task").filter {
                (try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8))?
                    .hasPrefix(FileWatcher.threadName) ?? false
            }
            return (descriptors.count, threads.count)
        }
        try folder.write(list("a"), to: "s.yaml")
        let source = source("s.yaml")
        func cycle() async throws {
            let (ended, end) = AsyncStream.makeStream(of: Void.self)
            // One is dropped, one is cancelled while somebody waits for it.
            _ = source.watch(onEnd: { end.yield() })
            let stream = source.watch(onEnd: { end.yield() })
            let task = Task { for await _ in stream {} }
            task.cancel()
            await task.value
            var iterator = ended.makeAsyncIterator()
            _ = await iterator.next()
            _ = await iterator.next()
        }
        try await cycle()
        let before = try watchers()
        for _ in 0..<50 { try await cycle() }
        let after = try watchers()
        #expect(after.descriptors < before.descriptors + 20)
        #expect(after.threads < before.threads + 20)
        // The counting itself counts.
        let stream = source.changes()
        #expect(try watchers().descriptors > 0)
        _ = stream
    }

    @Test func `a call before it is cancelled returns at once though the reading goes on`() async throws {
        try folder.write(list("a"), to: "s.yaml")
        let source = source("s.yaml")
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await source.services()
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await source.services().services.count == 1)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a reading that hangs neither holds up a cancellation nor lets another one queue up`() async throws {
        try folder.write(list("a"), to: "s.yaml")
        let (entered, enter) = AsyncStream.makeStream(of: Void.self)
        let gate = DispatchSemaphore(value: 0)
        let source = FileSource(
            name: "files",
            configuration: .init(paths: ["s.yaml"], directory: folder.path),
            uptime: {
                enter.yield()
                gate.wait()
                return .zero
            }
        )
        let task = Task { try await source.services() }
        var iterator = entered.makeAsyncIterator()
        _ = await iterator.next()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        let error = await #expect(throws: SourceError.self) { try await source.services() }
        #expect(error?.code == .busy)
        // Once for the reading that hangs, once for the next.
        gate.signal()
        gate.signal()
        var listing: SourceListing?
        while listing == nil {
            do {
                listing = try await source.services()
            } catch let error as SourceError where error.code == .busy {
                await Task.yield()
            }
        }
        #expect(listing?.services.map(\.name) == ["a"])
    }

    @Test func `its block is read strictly`() throws {
        func read(_ text: String) throws -> (FileSource.Configuration?, [String]) {
            let problems = ProblemList()
            let node = try SettingsDocument.parse(text, file: "c")
            let configuration = FileSource.Configuration(node: node, directory: "/d", problems: problems)
            return (configuration, problems.problems.map(\.message))
        }
        let good = try #require(try read("{paths: [a.yaml, b/*.json], keep_broken: 1h}").0)
        #expect(good.paths == ["a.yaml", "b/*.json"])
        #expect(good.directory == "/d")
        #expect(good.keepBroken == .seconds(3600))
        #expect(try read("{path: [a]}").1 == ["the key \"paths\" is missing", "unknown key; did you mean \"paths\"?"])
        #expect(try read("{paths: []}").1 == ["expected at least one path, and no empty one"])
        #expect(try read("{paths: [a], keep_broken: 5}").0 == nil)
    }
}
