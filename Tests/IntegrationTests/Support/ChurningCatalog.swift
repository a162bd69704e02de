import Discovery
import Synchronization
import TestSupport

/// A list of services that changes at random with every poll.
final class ChurningCatalog: Sendable {
    private struct Entry {
        var isThere: Bool
        var version = 0
        var color = 0
    }

    private struct State {
        var generator: SeededGenerator
        var entries: [Entry]
        var isCalm = false
    }

    private let state: Mutex<State>

    init(count: Int, seed: UInt64) {
        let entries = (0..<count).map { _ in Entry(isThere: true) }
        state = Mutex(State(generator: SeededGenerator(seed: seed), entries: entries))
    }

    /// From now on nothing changes, and every service is there.
    func calm() {
        state.withLock { state in
            state.isCalm = true
            for index in state.entries.indices { state.entries[index].isThere = true }
        }
    }

    /// A poll: some services come or go, some change so that they need a new exporter, some only their labels; now and
    /// then the catalogue fails.
    func poll() throws -> [MatchedService] {
        try state.withLock { state in
            if !state.isCalm {
                if Int.random(in: 0..<20, using: &state.generator) == 0 { throw TestSupportError("no catalogue") }
                for index in state.entries.indices {
                    switch Int.random(in: 0..<200, using: &state.generator) {
                    case 0...1: state.entries[index].isThere.toggle()
                    case 2: state.entries[index].version += 1
                    case 3: state.entries[index].color = (state.entries[index].color + 1) % 3
                    default: break
                    }
                }
            }
            return state.entries.enumerated().compactMap { index, entry in
                entry.isThere ? Self.service(index, version: entry.version, color: entry.color) : nil
            }
        }
    }

    private static func service(_ index: Int, version: Int, color: Int) -> MatchedService {
        let name = "s\(index)"
        let labels = ["service": name, "color": "\(color)"]
        return MatchedService(
            service: Service(name: name, address: "10.0.0.1", port: 1, labels: labels),
            key: ServiceKey(template: "t", name: name, address: "10.0.0.1", port: 1),
            hash: ServiceHash("\(index)-\(version)"),
            labels: labels
        )
    }
}
