public import Exposition

/// What one collection gathers: families, in one or more parts that succeed or fail on their own.
public struct MetricBatch: Sendable {
    /// One piece of a collection, such as one query: its families, or why there are none.
    public struct Part: Sendable {
        /// The name, unique within the collector; empty for what was added without a part.
        public var name: String
        /// What it gave; empty if it failed.
        public var families: [MetricFamily]
        /// Why it failed, for a person; nil if it did not. A failed part keeps its last good samples until they are stale.
        public var error: String?
        /// How long it took, if that was measured.
        public var duration: Duration?
        /// Samples that were left out because what they were made of did not fit, such as a text where a number belongs.
        public var problems: [SampleProblem]

        /// Creates a part.
        public init(
            name: String,
            families: [MetricFamily] = [],
            error: String? = nil,
            duration: Duration? = nil,
            problems: [SampleProblem] = []
        ) {
            self.name = name
            self.families = families
            self.error = error
            self.duration = duration
            self.problems = problems
        }
    }

    /// The parts so far.
    public private(set) var parts: [Part] = []

    /// Whether the service answered, where the collector knows better than the parts tell: true when every query failed
    /// because the service refused it, false when what was gathered did not come from the service. Nil lets the parts
    /// decide; see ``ServiceVitals/up``.
    public var serviceAnswered: Bool?

    /// An empty batch.
    public init() {}

    /// Adds a family to the nameless part. Families of the same name and kind are merged.
    public mutating func add(_ family: MetricFamily) {
        if parts.first?.name != "" { parts.insert(Part(name: ""), at: 0) }
        if let index = parts[0].families.lastIndex(where: { $0.name == family.name && $0.kind == family.kind }) {
            parts[0].families[index].metrics.append(contentsOf: family.metrics)
        } else {
            parts[0].families.append(family)
        }
    }

    /// Adds a part.
    public mutating func add(_ part: Part) {
        if part.name.isEmpty, part.error == nil {
            for family in part.families { add(family) }
        } else {
            parts.append(part)
        }
    }

    /// Adds one sample of a counter. Write `_total` out in the name.
    public mutating func counter(_ name: String, _ help: String = "", _ value: Double, labels: LabelSet = [:]) {
        add(MetricFamily(name: name, kind: .counter, help: help, metrics: [Metric(labels: labels, value)]))
    }

    /// Adds one sample of a gauge.
    public mutating func gauge(_ name: String, _ help: String = "", _ value: Double, labels: LabelSet = [:]) {
        add(MetricFamily(name: name, kind: .gauge, help: help, metrics: [Metric(labels: labels, value)]))
    }

    /// Adds text about the service, as labels. Write `_info` out in the name.
    public mutating func info(_ name: String, _ help: String = "", labels: LabelSet) {
        add(MetricFamily(name: name, kind: .info, help: help, metrics: [Metric(labels: labels, 1)]))
    }

    /// The families of all parts that did not fail.
    var goodFamilies: [MetricFamily] {
        parts.flatMap { $0.error == nil ? $0.families : [] }
    }

    /// Gathers one part: a piece that may fail while the others stay.
    ///
    /// ```swift
    /// await batch.part("replication") { part in
    ///     part.gauge("lag_seconds", "How far the replica is behind.", try await connection.lag())
    /// }
    /// ```
    ///
    /// What `body` throws becomes the part's error. Parts that `body` gathers itself are named `name/inner`.
    ///
    /// - Parameters:
    ///   - name: The part's name, unique within the collector.
    ///   - isolation: The caller's.
    ///   - body: Gathers it into a batch of its own.
    public mutating func part(
        _ name: String,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (inout MetricBatch) async throws -> Void
    ) async {
        var inner = MetricBatch()
        var error: String?
        let start = ContinuousClock.now
        do {
            try await body(&inner)
        } catch let thrown {
            error = String(describing: thrown)
        }
        let duration = ContinuousClock.now - start
        let own = inner.parts.first { $0.name.isEmpty && $0.error == nil }?.families ?? []
        parts.append(Part(name: name, families: error == nil ? own : [], error: error, duration: duration))
        for part in inner.parts where !part.name.isEmpty || part.error != nil {
            var part = part
            part.name = name + "/" + part.name
            parts.append(part)
        }
        serviceAnswered = inner.serviceAnswered ?? serviceAnswered
    }
}
