public import Settings

/// How an exporter runs the queries of its files: grouped by interval, each with its timeout.
///
/// Grouping does not look at conditions, since they may change while an exporter is open (a standby is promoted): ask
/// ``Group/queries(on:)`` at every connection.
public struct QueryPlan: Sendable {
    /// One query of a plan.
    public struct Query: Sendable {
        /// The query.
        public var definition: QueryDefinition
        /// How long it may take.
        public var timeout: Duration
        /// Turns what it gives into families. It is the plan's own, since it keeps what the last result was like.
        public let mapper: QueryMapper

        init(definition: QueryDefinition, timeout: Duration) {
            self.definition = definition
            self.timeout = timeout
            mapper = QueryMapper(definition)
        }
    }

    /// The queries that are run together: one collector.
    public struct Group: Sendable {
        /// A name for the collector, such as `queries-15s`.
        public var name: String
        /// How often they are run.
        public var interval: Duration
        /// How long all of them may take together: the template's timeout, or the longest of a query's own.
        public var timeout: Duration
        /// The queries, in the order of the files.
        public var queries: [Query]

        /// The queries that are run on such a server.
        public func queries(on facts: ServerFacts) -> [Query] {
            queries.filter { $0.definition.condition.holds(facts) }
        }
    }

    /// Whether one query is run on a server, and why not.
    public struct Explanation: Sendable, Hashable {
        /// The query's name.
        public var query: String
        /// Where it stands.
        public var position: Position
        /// How often it is run.
        public var interval: Duration
        /// How long it may take.
        public var timeout: Duration
        /// Why it is not run; empty if it is.
        public var reasons: [String]

        /// Whether it is run.
        public var isRun: Bool { reasons.isEmpty }
    }

    /// The groups, the shortest interval first.
    public let groups: [Group]
    private let disabled: [Explanation]

    /// Plans.
    ///
    /// - Parameters:
    ///   - definitions: The queries of all files.
    ///   - interval: For queries without one of their own.
    ///   - timeout: How long a group may take, if no query asks for more.
    ///   - queryTimeout: For queries without a timeout of their own, at most `timeout`, which nil stands for.
    public init(
        _ definitions: [QueryDefinition],
        interval: Duration,
        timeout: Duration,
        queryTimeout: Duration? = nil
    ) {
        var groups: [Duration: Group] = [:]
        var disabled: [Explanation] = []
        for definition in definitions {
            let shared = min(queryTimeout ?? timeout, timeout)
            let query = Query(definition: definition, timeout: definition.timeout ?? shared)
            let every = definition.effectiveInterval(interval)
            if definition.condition.isDisabled {
                let reasons = definition.condition.unmet(ServerFacts(version: ServerVersion(0)))
                disabled.append(Self.explain(query, every, reasons))
                continue
            }
            let name = "queries-" + DurationText.format(every)
            var group = groups[every] ?? Group(name: name, interval: every, timeout: timeout, queries: [])
            group.timeout = max(group.timeout, query.timeout)
            group.queries.append(query)
            groups[every] = group
        }
        self.groups = groups.values.sorted { $0.interval < $1.interval }
        self.disabled = disabled
    }

    /// What is run on such a server, and what is not and why; disabled queries last.
    public func explain(_ facts: ServerFacts) -> [Explanation] {
        groups.flatMap { group in
            group.queries.map { query in
                Self.explain(query, group.interval, query.definition.condition.unmet(facts))
            }
        } + disabled
    }

    private static func explain(_ query: Query, _ interval: Duration, _ reasons: [String]) -> Explanation {
        Explanation(
            query: query.definition.name,
            position: query.definition.position,
            interval: interval,
            timeout: query.timeout,
            reasons: reasons
        )
    }
}
