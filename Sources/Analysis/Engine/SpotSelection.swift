import Exposition

/// Which series are watched, and how.
public struct SpotSelection: Sendable {
    /// Says whether a text is one of those that are meant.
    public typealias Matcher = @Sendable (String) -> Bool

    /// What is taken off a series before a detector sees it.
    public enum Baseline: String, Sendable, Hashable, Codable, CaseIterable {
        /// Nothing.
        case off
        /// What was usual in the same hour of past weeks, in UTC.
        case hourOfWeek = "hour_of_week"
    }

    /// Its name, for people.
    public var name: String
    /// Which metrics; nil for all.
    public var metric: Matcher?
    /// What their labels have to be. A label that is not there is an empty text.
    public var labels: [String: Matcher]
    /// Which services; nil for all.
    public var service: Matcher?
    /// What is made of the values; nil for rates of counters and histograms, and the values as they are of all others.
    public var transform: SeriesTransform?
    /// How the detectors work.
    public var parameters: SpotParameters
    /// The longest time between two samples that are compared for a rate or a difference, in milliseconds. Nil means 5
    /// minutes, and for slow series 5 times the usual distance.
    public var longestGap: Int64?
    /// For how long a series has to be normal for its alert to be over, in milliseconds.
    public var resolveAfter: Int64
    /// After how long without a value an alert is over, in milliseconds.
    public var lostAfter: Int64
    /// What is taken off first.
    public var baseline: Baseline

    /// Creates a selection; it is checked when an engine is created.
    public init(
        name: String,
        metric: Matcher? = nil,
        labels: [String: Matcher] = [:],
        service: Matcher? = nil,
        transform: SeriesTransform? = nil,
        parameters: SpotParameters = SpotParameters(),
        longestGap: Int64? = nil,
        resolveAfter: Int64 = 300_000,
        lostAfter: Int64 = 3_600_000,
        baseline: Baseline = .off
    ) {
        self.name = name
        self.metric = metric
        self.labels = labels
        self.service = service
        self.transform = transform
        self.parameters = parameters
        self.longestGap = longestGap
        self.resolveAfter = resolveAfter
        self.lostAfter = lostAfter
        self.baseline = baseline
    }

    /// Whether a series is meant.
    func selects(_ series: SpotSeries) -> Bool {
        if let metric, !metric(series.stat) { return false }
        if let service, !service(series.service) { return false }
        for (name, matcher) in labels where !matcher(series.labels[name] ?? "") { return false }
        return true
    }
}
