import TestSupport

/// Fetches the page without a pause while something happens, and hands over every page.
enum PageLoop {
    /// - Returns: What `read` made of the pages, in order.
    static func run<Reading: Sendable>(
        _ agent: MusterAgent,
        reading read: @escaping @Sendable (Page) -> Reading,
        during body: @escaping @Sendable () async throws -> Void
    ) async throws -> [Reading] {
        try await withThrowingTaskGroup(of: [Reading]?.self) { group in
            group.addTask {
                var readings: [Reading] = []
                while !Task.isCancelled { readings.append(read(try await agent.page())) }
                return readings
            }
            group.addTask {
                try await body()
                return nil
            }
            var result: [Reading] = []
            while let next = try await group.next() {
                if let next { result = next } else { group.cancelAll() }
            }
            return result
        }
    }
}
