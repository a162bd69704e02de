public import Settings
import Synchronization

/// Binds services to exporter templates and renders them: the way from what sources list to what the dispatcher gets.
///
/// Services that are as they were are neither matched nor rendered nor hashed again; their entries are the same
/// objects from one poll to the next. Secrets and fingerprints are looked at on every call; when one has changed, all
/// is rendered again, and what comes out the same stays the same object.
public final class ServiceMatcher: Sendable {
    /// What became of one service.
    private struct Outcome: Sendable {
        var matched: [MatchedService] = []
        var unmatched: UnmatchedService?
        var problems: [MatchProblem] = []
    }

    private struct Cache: Sendable {
        var generation: UInt64
        /// What was listed, repetitions included.
        var listed: [Service]
        /// What was matched, each identity once.
        var services: [Service]
        var outcomes: [Outcome]
        var report: MatchReport
    }

    private struct State {
        var inputs: MatchInputs
        var caches: [String: Cache] = [:]
    }

    /// The templates, in the order in which they are tried. A service may match several.
    public let templates: [ExporterTemplate]

    private let key: InstallationKey
    private let environment: [String: String]
    private let directory: String
    private let state: Mutex<State>

    /// Creates a matcher.
    ///
    /// - Parameters:
    ///   - templates: The templates, each with a name of its own.
    ///   - key: The installation's key, for secrets in hashes.
    ///   - environment: Where secrets of the form `{env: NAME}` come from.
    ///   - directory: What relative paths of secrets are relative to.
    /// - Throws: `SettingsError` if two templates share a name.
    public init(
        templates: [ExporterTemplate],
        key: InstallationKey,
        environment: [String: String] = [:],
        directory: String = "."
    ) throws(SettingsError) {
        var names: Set<String> = []
        let problems = templates.filter { !names.insert($0.name).inserted }.map {
            SettingsProblem(position: $0.position, message: "there is more than one template \"\($0.name)\"")
        }
        if !problems.isEmpty { throw SettingsError(problems: problems) }
        self.templates = templates
        self.key = key
        self.environment = environment
        self.directory = directory
        state = Mutex(State(inputs: MatchInputs(count: templates.count)))
    }

    /// Matches and renders what a source lists.
    ///
    /// Calls for one source should follow each other; those for several may overlap.
    ///
    /// - Parameters:
    ///   - services: All services that the source lists now.
    ///   - source: The source's name.
    public func match(_ services: [Service], source: String) -> MatchReport {
        let (inputs, cache) = state.withLock { state in
            state.inputs.refresh(templates, environment: environment, directory: directory)
            return (state.inputs, state.caches[source])
        }
        let complaints = inputs.complaints.contains { !$0.isEmpty } ? inputs.complaints : []
        // Comparing the same array with itself takes no time, and sources hand over the same one while nothing changes.
        if let cache, cache.generation == inputs.generation, cache.listed == services {
            return complaints.isEmpty ? cache.report : add(complaints, to: cache.report)
        }
        let fresh = match(services, source, inputs, cache)
        state.withLock { $0.caches[source] = fresh }
        return complaints.isEmpty ? fresh.report : add(complaints, to: fresh.report)
    }

    /// Forgets what a source that is no more has listed.
    public func forget(source: String) {
        state.withLock { $0.caches[source] = nil }
    }

    private func match(_ listed: [Service], _ source: String, _ inputs: MatchInputs, _ cache: Cache?) -> Cache {
        let renderers = templates.indices.map { index in
            TemplateRenderer(
                template: templates[index],
                fingerprint: inputs.fingerprints[index],
                secrets: inputs.secrets[index],
                key: key
            )
        }
        let isCurrent = cache?.generation == inputs.generation
        var walk = ListWalk(listed, after: cache?.services ?? [])
        var outcomes: [Outcome] = []
        outcomes.reserveCapacity(listed.count)
        while let step = walk.next() {
            if let cache, isCurrent, step.isSame, let old = step.old {
                outcomes.append(cache.outcomes[old])
            } else {
                let previous = cache.flatMap { cache in step.old.map { cache.outcomes[$0] } }
                outcomes.append(outcome(for: listed[step.index], source, renderers, previous: previous))
            }
        }
        var report = MatchReport()
        report.services.reserveCapacity(outcomes.count)
        for outcome in outcomes {
            report.services += outcome.matched
            if let unmatched = outcome.unmatched { report.unmatched.append(unmatched) }
            if !outcome.problems.isEmpty { report.problems += outcome.problems }
        }
        report.problems += walk.repeated.map {
            MatchProblem(
                service: listed[$0],
                template: "",
                reason: "listed more than once; the first one counts",
                isFatal: false
            )
        }
        return Cache(
            generation: inputs.generation,
            listed: listed,
            services: walk.unique,
            outcomes: outcomes,
            report: report
        )
    }

    private func outcome(
        for service: Service,
        _ source: String,
        _ renderers: [TemplateRenderer],
        previous: Outcome?
    ) -> Outcome {
        var outcome = Outcome()
        if let fault = ServiceRules.fault(in: service) {
            outcome.problems = [MatchProblem(service: service, template: "", reason: fault, isFatal: true)]
            return outcome
        }
        var nearest: (template: String, mismatch: MatchRule.Mismatch)?
        var usedOptions: Set<String> = []
        for renderer in renderers {
            if let mismatch = renderer.template.match.mismatch(with: service) {
                if mismatch.nearness > nearest?.mismatch.nearness ?? -1 { nearest = (renderer.template.name, mismatch) }
                continue
            }
            usedOptions.formUnion(renderer.template.usedOptions)
            do {
                let rendered = try renderer.render(service, source: source)
                let same = previous?.matched.first { $0.isSame(as: rendered) }
                outcome.matched.append(same ?? rendered)
            } catch {
                outcome.problems.append(
                    MatchProblem(
                        service: service,
                        template: renderer.template.name,
                        reason: error.path.isEmpty ? error.message : "\(error.path): \(error.message)",
                        position: error.position,
                        isFatal: true
                    )
                )
            }
        }
        if outcome.matched.isEmpty, outcome.problems.isEmpty {
            let reason = nearest.map { "nearest is \"\($0.template)\": \($0.mismatch.reason)" }
            outcome.unmatched = UnmatchedService(service: service, reason: reason ?? "there are no templates")
        } else {
            outcome.problems += Self.unused(service, usedOptions)
        }
        return outcome
    }

    /// Options that nothing uses are misspelt, most often.
    private static func unused(_ service: Service, _ used: Set<String>) -> [MatchProblem] {
        service.options.keys.filter { !used.contains($0) }.sorted().map { option in
            let nearest = Suggestion.nearest(to: option, among: used.sorted()).map { "; did you mean \"\($0)\"?" } ?? ""
            return MatchProblem(
                service: service,
                template: "",
                reason: "no template that matches uses the option \"\(option)\"\(nearest)",
                isFatal: false
            )
        }
    }

    private func add(_ complaints: [[String]], to report: MatchReport) -> MatchReport {
        var report = report
        var seen: Set<String> = []
        for matched in report.services where seen.insert(matched.key.template).inserted {
            guard let index = templates.firstIndex(where: { $0.name == matched.key.template }) else { continue }
            report.problems += complaints[index].map {
                MatchProblem(
                    service: matched.service,
                    template: matched.key.template,
                    reason: $0,
                    position: templates[index].position,
                    isFatal: false
                )
            }
        }
        return report
    }
}

extension ServiceMatcher: CustomReflectable {
    /// Shows the templates' names only: the environment holds secrets.
    public var customMirror: Mirror { Mirror(self, children: ["templates": templates.map(\.name)]) }
}
