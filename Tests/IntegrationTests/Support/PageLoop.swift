import Synchronization
import TestSupport

/// Fetches the page without a pause while something happens, and hands over every page.
enum PageLoop {
    private final class End: Sendable {
        let isReached = Mutex(false)
    }

    /// How many pages there are at least: a busy machine does not make a test look at nothing.
    private static let fewest = 10

    /// - Returns: What `read` made of the pages, in order; the last of them may be from after the end of `body`.
    static func run<Reading: Sendable>(
        _ agent: MusterAgent,
        reading read: @escaping @Sendable (Page) -> Reading,
        during body: @escaping @Sendable () async throws -> Void
    ) async throws -> [Reading] {
        let end = End()
        return try await withThrowingTaskGroup(of: [Reading]?.self) { group in
            group.addTask {
                var readings: [Reading] = []
                while !end.isReached.withLock({ $0 }) || readings.count < fewest {
                    readings.append(read(try await agent.page()))
                }
                return readings
            }
            group.addTask {
                try await body()
                end.isReached.withLock { $0 = true }
                return nil
            }
            var result: [Reading] = []
            while let next = try await group.next() { result = next ?? result }
            return result
        }
    }
}
