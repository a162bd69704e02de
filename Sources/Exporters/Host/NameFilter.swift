import Synchronization

/// Decides by regular expressions which devices, interfaces or mounts are wanted, and remembers what it decided.
final class NameFilter: Sendable {
    /// The longest expression that is accepted, in bytes.
    static let maximumLength = 4096

    private struct State {
        var include: Regex<AnyRegexOutput>?
        var exclude: Regex<AnyRegexOutput>?
        var decisions: [String: Bool] = [:]
    }

    private let state: Mutex<State>

    /// Whether a text is an expression that this filter accepts.
    static func isPattern(_ text: String) -> Bool {
        text.utf8.count <= maximumLength && (try? Regex(text)) != nil
    }

    /// Creates a filter; throws if an expression is none.
    init(_ patterns: HostSettings.Patterns) throws {
        state = Mutex(
            State(
                include: try patterns.include.map { try Regex($0) },
                exclude: try patterns.exclude.map { try Regex($0) }
            )
        )
    }

    /// Whether a name is wanted.
    func accepts(_ name: String) -> Bool {
        state.withLock { state in
            if let decision = state.decisions[name] { return decision }
            var isWanted = true
            if let include = state.include { isWanted = name.firstMatch(of: include) != nil }
            if isWanted, let exclude = state.exclude { isWanted = name.firstMatch(of: exclude) == nil }
            // Names come and go (containers): start again rather than grow.
            if state.decisions.count >= 4096 { state.decisions.removeAll(keepingCapacity: true) }
            state.decisions[name] = isWanted
            return isWanted
        }
    }
}
