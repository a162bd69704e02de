import Exposition

/// One series that a ``SpotEngine`` watches: its detector and what belongs to it.
struct WatchedSeries: Sendable {
    let identity: SpotIdentity
    /// How it is shown.
    var series: SpotSeries
    /// The place of its selection.
    let selection: Int
    var reader: SeriesReader
    var spacing = SampleSpacing()
    var detector: SpotDetector
    var baseline: SeasonalBaseline?
    var tracker: AlertTracker
    /// When it brought something last, by the engine's time; nil until the engine is told the time.
    var lastSeen: Int64?
    /// Whether it stands for a series that has gone.
    private(set) var isVacant = false
    /// Whether it has changed since it was stored.
    var isUnsaved = true
    /// Whether one of its alerts has changed since it was stored.
    var hasUnsavedAlert = false

    init(identity: SpotIdentity, series: SpotSeries, selection: Int, _ rules: SpotSelection, kind: MetricKind) {
        self.identity = identity
        self.series = series
        self.selection = selection
        reader = SeriesReader(
            rules.transform ?? .usual(for: kind),
            longestGap: rules.longestGap ?? SampleSpacing.patience
        )
        detector = SpotDetector(checked: rules.parameters)
        baseline = rules.baseline == .off ? nil : SeasonalBaseline()
        tracker = AlertTracker(
            resolveAfter: rules.resolveAfter,
            lostAfter: rules.lostAfter,
            identity: identity.fingerprint
        )
    }

    /// What stands in the place of a series that has gone.
    static let vacancy: WatchedSeries = {
        let identity = SpotIdentity(key: "", stat: "", sourceLabels: [:], hasher: SeriesHasher())
        let rules = SpotSelection(name: "", parameters: SpotParameters(depth: 0, initialCount: 10, maxExcess: 10))
        var vacancy = WatchedSeries(
            identity: identity,
            series: SpotSeries(stat: ""),
            selection: 0,
            rules,
            kind: .unknown
        )
        vacancy.isVacant = true
        vacancy.isUnsaved = false
        return vacancy
    }()

    /// The series that its alerts carry: as it was shown when they began, so that their end is told of the same series.
    var alertSeries: SpotSeries { tracker.anySeries ?? series }
}

extension SeriesTransform {
    /// What is made of a metric if nothing else is configured.
    static func usual(for kind: MetricKind) -> SeriesTransform {
        switch kind {
        case .counter, .histogram: .rate
        case .gauge, .summary, .info, .unknown: .raw
        }
    }
}

// MARK: - Observing

extension WatchedSeries {
    /// What has become of an observation.
    struct News: Sendable {
        enum Outcome: Sendable {
            /// It was not newer than the last.
            case old
            /// There was nothing in it for the detector.
            case nothing
            /// The detector judged it.
            case judged(isAlarm: Bool)
        }

        var outcome: Outcome
        var changes: [AlertChange] = []
    }

    /// Takes a sample with how the series is shown now, and brings its alerts up to date.
    mutating func observe(
        _ value: Double,
        at time: Int64,
        labels: LabelSet,
        service: String,
        now: Int64?,
        longestGap: Int64?
    ) -> News {
        lastSeen = now
        if series.labels != labels || series.service != service {
            series.labels = labels
            series.service = service
            isUnsaved = true
        }
        switch take(value, at: time, longestGap: longestGap) {
        case .old: return News(outcome: .old)
        case .nothing: return News(outcome: .nothing)
        case .judged(let step):
            var news = News(outcome: .judged(isAlarm: step.isAlarm))
            if step.isAlarm || !tracker.isEmpty {
                news.changes = tracker.observe(step, of: alertSeries, at: time)
            }
            return news
        }
    }
}

// MARK: - Taking samples

extension WatchedSeries {
    /// What has become of a sample.
    enum Outcome: Sendable {
        /// It was not newer than the last.
        case old
        /// There was nothing in it for the detector.
        case nothing
        /// The detector judged it. Values and thresholds are those of the series, the baseline included.
        case judged(SpotStep)
    }

    /// Takes a sample.
    mutating func take(_ sample: Double, at time: Int64, longestGap: Int64?) -> Outcome {
        let isFirst: Bool
        switch spacing.arrive(at: time) {
        case .old: return .old
        case .first: isFirst = true
        case .setBack:
            isFirst = true
            reader = SeriesReader(reader.transform, longestGap: reader.longestGap)
            detector.skip(detector.parameters.depth + 1)
        case .next(let missing):
            isFirst = false
            detector.skip(missing)
        }
        isUnsaved = true
        reader.longestGap = longestGap ?? max(SampleSpacing.patience, spacing.usual.multipliedOrMost(by: 5))
        guard let value = reader.value(sample, at: time) else {
            if !isFirst { detector.skip(1) }
            return .nothing
        }
        guard let step = judge(value, at: time) else { return .nothing }
        return .judged(step)
    }

    private mutating func judge(_ value: Double, at time: Int64) -> SpotStep? {
        guard baseline != nil else { return detector.step(value) }
        let expected = baseline?.expected(at: time)
        if expected != nil, baseline?.isInForce == false {
            // The first hour that is known. From here on the detector sees other values, so it begins anew.
            baseline?.isInForce = true
            detector = SpotDetector(checked: detector.parameters)
        }
        var step: SpotStep?
        if let expected {
            step = detector.step(value - expected)
            step?.value = value
            step?.drift += expected
            if let threshold = step?.threshold { step?.threshold = threshold + expected }
        } else if baseline?.isInForce == true {
            // Nothing to compare with: a gap.
            detector.skip(1)
        } else {
            step = detector.step(value)
        }
        if step?.status != .anomaly { baseline?.learn(value, at: time) }
        return step
    }

    /// Beyond what the next value would be flagged on a side, as a value of the series; nil if nothing is.
    func threshold(of side: SpotSide) -> Double? {
        guard let threshold = side == .up ? detector.upperThreshold : detector.lowerThreshold else { return nil }
        guard let baseline, baseline.isInForce else { return threshold }
        guard let last = spacing.last, let expected = baseline.expected(at: last) else { return nil }
        return threshold + expected
    }
}

extension Int64 {
    fileprivate func multipliedOrMost(by factor: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}
