import Analysis
import Settings

/// Reads one entry of `analysis.spot`. Parameters have netspot's names and defaults.
enum SpotSettings {
    /// - Returns: Nil if anything is wrong, which `problems` names then.
    static func selection(_ node: SettingsNode, problems: ProblemList) -> SpotSelection? {
        let before = problems.problems.count
        let reader = MappingReader(node, problems: problems)
        let name = reader.requiredString("name")
        let filter = reader.mapping("match").map(SeriesFilter.init)
        if filter == nil, !reader.has("match") {
            problems.add("match is missing; expected at least one of metric, service, labels", at: node)
        } else if let filter, filter.isEmpty, problems.problems.count == before {
            problems.add("expected at least one of metric, service, labels", at: reader.value("match") ?? node)
        }
        let transform = reader.choice("transform", of: ["raw": SeriesTransform.raw, "rate": .rate, "delta": .delta])
        let baseline = reader.choice(
            "baseline",
            of: ["off": SpotSelection.Baseline.off, "hour_of_week": .hourOfWeek]
        )
        let gap = reader.duration("longest_gap", in: .seconds(1) ... .seconds(366 * 86_400))
        let resolve = reader.duration("resolve_after", in: .zero ... .seconds(366 * 86_400))
        let lost = reader.duration("lost_after", in: .seconds(1) ... .seconds(366 * 86_400))
        let parameters = parameters(reader)
        reader.finish()
        guard problems.problems.count == before, let name, let filter else { return nil }
        do {
            // What does not go together shows here, with the place.
            _ = try SpotDetector(parameters)
        } catch {
            problems.add("\(error)", at: node)
            return nil
        }
        return SpotSelection(
            name: name,
            metric: filter.metric.map(matcher),
            labels: Dictionary(filter.labels.map { ($0.key, matcher($0.pattern)) }) { $1 },
            service: filter.service.map(matcher),
            transform: transform,
            parameters: parameters,
            longestGap: gap?.wholeMilliseconds,
            resolveAfter: resolve?.wholeMilliseconds ?? 300_000,
            lostAfter: lost?.wholeMilliseconds ?? 3_600_000,
            baseline: baseline ?? .off
        )
    }

    private static func matcher(_ pattern: Pattern) -> SpotSelection.Matcher {
        { pattern.matches($0) }
    }

    private static func parameters(_ reader: MappingReader) -> SpotParameters {
        var parameters = SpotParameters()
        parameters.depth = reader.integer("depth", in: 0...1_000_000) ?? parameters.depth
        parameters.q = reader.number("q", in: 1e-12...0.5) ?? parameters.q
        parameters.initialCount = reader.integer("n_init", in: 1...10_000_000) ?? parameters.initialCount
        parameters.level = reader.number("level", in: 0...1) ?? parameters.level
        parameters.up = reader.bool("up") ?? parameters.up
        parameters.down = reader.bool("down") ?? parameters.down
        parameters.alert = reader.bool("alert") ?? parameters.alert
        parameters.bounded = reader.bool("bounded") ?? parameters.bounded
        parameters.maxExcess = reader.integer("max_excess", in: 1...1_000_000) ?? parameters.maxExcess
        parameters.regime = reader.integer("regime", in: 0...64) ?? parameters.regime
        parameters.policy =
            reader.choice("policy", of: ["censor": SpotParameters.Policy.censor, "discard": .discard])
            ?? parameters.policy
        return parameters
    }
}
