import Exposition
import Settings

/// What can only be seen when several queries are looked at together.
enum DefinitionChecks {
    private struct Seen {
        var kind: MetricKind
        var place: Position
    }

    /// Notes names that stand twice and metrics with two kinds.
    static func check(_ queries: [QueryDefinition], problems: ProblemList) {
        var names: [String: Position] = [:]
        var kinds: [String: Seen] = [:]
        for query in queries {
            if let first = names[query.name] {
                let message = "the query \"\(query.name)\" is defined twice, first at \(first)"
                problems.add(SettingsProblem(position: query.position, path: query.path, message: message))
            } else {
                names[query.name] = query.position
            }
            var shapes: [String: [MetricRule]] = [:]
            for rule in query.rules {
                guard case .fixed(let name) = rule.naming else { continue }
                if let seen = kinds[name], seen.kind != rule.kind {
                    let message =
                        "\"\(name)\" is a \(rule.kind.rawValue) here and a \(seen.kind.rawValue) at \(seen.place)"
                    problems.add(SettingsProblem(position: rule.position, path: rule.path, message: message))
                } else if kinds[name] == nil {
                    kinds[name] = Seen(kind: rule.kind, place: rule.position)
                }
                // Twice in one query is fine if static labels tell the two apart.
                if let twin = shapes[name]?.first(where: { areTwins($0, rule) }) {
                    let message =
                        "\"\(name)\" stands twice in this query with the same labels, first at \(twin.position)"
                    problems.add(SettingsProblem(position: rule.position, path: rule.path, message: message))
                }
                shapes[name, default: []].append(rule)
            }
        }
    }

    private static func areTwins(_ one: MetricRule, _ other: MetricRule) -> Bool {
        guard one.staticLabels == other.staticLabels else { return false }
        guard one.labels.map(\.label) == other.labels.map(\.label) else { return false }
        switch (one.source, other.source) {
        case (.columns(let columns, let label), .columns(let others, let otherLabel)):
            return label == otherLabel && !Set(columns.map(\.name)).isDisjoint(with: others.map(\.name))
        case (.columns, _), (_, .columns):
            return false
        default:
            return true
        }
    }
}
