import Foundation
import TestSupport

/// Fetches the page over and over, and remembers how long ago each service had last been collected from.
final class AgeWatch: Sendable {
    /// What no age comes to while every service is collected once a second, in seconds; generous, for busy machines.
    static let limit = 10.0

    /// The greatest age of each service on the pages so far, in seconds.
    let worst: [String: Double]
    let pages: Int

    /// Watches the agent while something happens.
    static func watch(
        _ agent: MusterAgent,
        services: [String],
        during body: @Sendable @escaping () async throws -> Void
    ) async throws -> AgeWatch {
        try await withThrowingTaskGroup(of: AgeWatch?.self) { group in
            group.addTask {
                var worst: [String: Double] = [:]
                var pages = 0
                while !Task.isCancelled {
                    // A request takes time on a busy machine: the ages are as of its begin.
                    let begin = Date().timeIntervalSince1970
                    let page = try await agent.page()
                    pages += 1
                    for service in services {
                        guard let time = page.lastCollection(service), page.isUp(service) else {
                            worst[service] = .infinity
                            continue
                        }
                        worst[service] = max(worst[service] ?? 0, begin - time)
                    }
                    try? await Task.sleep(for: .milliseconds(50))
                }
                return AgeWatch(worst: worst, pages: pages)
            }
            group.addTask {
                try await body()
                return nil
            }
            var result: AgeWatch?
            while let next = try await group.next() {
                if let next { result = next } else { group.cancelAll() }
            }
            guard let result else { throw TestSupportError("nothing was watched") }
            return result
        }
    }

    private init(worst: [String: Double], pages: Int) {
        self.worst = worst
        self.pages = pages
    }
}
