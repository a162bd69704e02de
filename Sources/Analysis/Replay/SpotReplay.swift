import Exposition

/// Runs a detector over recorded values, as a ``SpotEngine`` would have run it while they came.
public struct SpotReplay: Sendable {
    /// How to run it.
    public struct Options: Sendable {
        /// How the detector works.
        public var parameters: SpotParameters
        /// What is made of the values first.
        public var transform: SeriesTransform
        /// What is taken off first.
        public var baseline: SpotSelection.Baseline
        /// The longest time between two values that are compared for a rate or a difference, in milliseconds; nil as in
        /// ``SpotSelection/longestGap``.
        public var longestGap: Int64?
        /// For how long the series has to be normal for an alert to be over, in milliseconds.
        public var resolveAfter: Int64
        /// After how long without a value an alert is over, in milliseconds.
        public var lostAfter: Int64
        /// The distance of values without a time, in milliseconds.
        public var interval: Int64
        /// The most alerts that are kept; of those beyond only the number is.
        public var mostAlerts: Int

        /// Creates options.
        public init(
            parameters: SpotParameters = SpotParameters(),
            transform: SeriesTransform = .raw,
            baseline: SpotSelection.Baseline = .off,
            longestGap: Int64? = nil,
            resolveAfter: Int64 = 300_000,
            lostAfter: Int64 = 3_600_000,
            interval: Int64 = 15_000,
            mostAlerts: Int = 10_000
        ) {
            self.parameters = parameters
            self.transform = transform
            self.baseline = baseline
            self.longestGap = longestGap
            self.resolveAfter = resolveAfter
            self.lostAfter = lostAfter
            self.interval = interval
            self.mostAlerts = mostAlerts
        }
    }

    /// How to run it.
    public let options: Options
    /// What was counted so far.
    public private(set) var summary = SpotReplaySummary()
    /// What is to be drawn.
    public private(set) var trace = PlotTrace()

    private var watched: WatchedSeries
    private var alerts: [SpotAlert] = []
    private var time: Int64?

    /// Creates a replay.
    ///
    /// - Parameters:
    ///   - name: The name of the series, for alerts.
    ///   - options: How to run it.
    /// - Throws: The first parameter that is wrong.
    public init(name: String = "value", options: Options = Options()) throws(SpotParameterError) {
        try options.parameters.validate()
        self.options = options
        let selection = SpotSelection(
            name: name,
            transform: options.transform,
            parameters: options.parameters,
            longestGap: options.longestGap,
            resolveAfter: options.resolveAfter,
            lostAfter: options.lostAfter,
            baseline: options.baseline
        )
        let identity = SpotIdentity(key: "", stat: name, sourceLabels: [:], hasher: SeriesHasher())
        watched = WatchedSeries(
            identity: identity,
            series: SpotSeries(stat: name),
            selection: 0,
            selection,
            kind: .unknown
        )
    }

    /// The alerts so far, by start.
    public var foundAlerts: [SpotAlert] {
        (alerts + watched.tracker.open).sorted { ($0.start, $0.id) < ($1.start, $1.id) }
    }

    /// How far the detector is.
    public var state: SpotState { watched.detector.state }

    /// Beyond what the next value would be flagged on a side; nil if nothing is.
    public func threshold(of side: SpotSide) -> Double? { watched.threshold(of: side) }
}

// MARK: - Values

extension SpotReplay {
    /// Takes the next value.
    ///
    /// - Parameters:
    ///   - value: The value; NaN if it is missing.
    ///   - time: When it was, in milliseconds since 1970; nil for one interval after the last. Values that are not newer than
    ///     the last are counted and left out.
    /// - Returns: What the detector says; nil if it was not asked.
    @discardableResult
    public mutating func take(_ value: Double, at time: Int64? = nil) -> SpotStep? {
        let now = min(max(time ?? nextTime, -SpotEngine.latestTime), SpotEngine.latestTime)
        summary.rows &+= 1
        // An alert may be over by the time alone.
        if !watched.tracker.isEmpty { keep(watched.tracker.advance(to: now)) }
        let upper = watched.threshold(of: .up)
        let lower = watched.threshold(of: .down)
        let missing = watched.detector.missingCount
        let outcome = watched.take(value, at: now, longestGap: options.longestGap)
        let isAfterGap = watched.detector.missingCount &- missing > (value.isNaN ? 1 : 0)
        if isAfterGap { summary.gaps &+= 1 }
        summary.states[watched.detector.state, default: 0] &+= 1
        if case .old = outcome {
            summary.oldRows &+= 1
            return nil
        }
        self.time = now
        summary.firstTime = summary.firstTime ?? now
        summary.lastTime = now
        summary.missing = watched.detector.missingCount
        summary.resets = watched.reader.resetCount
        guard case .judged(let step) = outcome else {
            trace.addGap()
            return nil
        }
        count(step)
        if isAfterGap { trace.addGap() }
        let isJudged = step.status != .learning
        trace.add(step, at: now, upper: isJudged ? upper : nil, lower: isJudged ? lower : nil)
        if step.isAlarm || !watched.tracker.isEmpty {
            keep(watched.tracker.observe(step, of: watched.alertSeries, at: now))
        }
        return step
    }

    private var nextTime: Int64 {
        guard let time else { return 0 }
        let (next, overflow) = time.addingReportingOverflow(max(1, options.interval))
        return overflow ? time : next
    }

    private mutating func count(_ step: SpotStep) {
        switch step.status {
        case .missing: break
        case .learning: summary.learned &+= 1
        case .normal: summary.judged &+= 1
        case .excess:
            summary.judged &+= 1
            summary.excesses &+= 1
        case .anomaly:
            summary.judged &+= 1
            summary.anomalies &+= 1
            if step.isAlarm { summary.alarms &+= 1 }
        }
        if step.isRegimeChange { summary.regimeChanges &+= 1 }
        if step.status != .missing {
            summary.least = min(summary.least ?? step.value, step.value)
            summary.most = max(summary.most ?? step.value, step.value)
        }
    }

    private mutating func keep(_ changes: [AlertChange]) {
        for change in changes {
            switch change {
            case .opened: summary.alerts &+= 1
            case .regimeChanged: break
            case .resolved(let alert):
                if alerts.count < options.mostAlerts { alerts.append(alert) } else { summary.omittedAlerts &+= 1 }
            }
        }
    }
}

/// What a ``SpotReplay`` has counted.
public struct SpotReplaySummary: Sendable, Hashable {
    /// The rows that were given.
    public internal(set) var rows = 0
    /// The rows that were not newer than the one before.
    public internal(set) var oldRows = 0
    /// The values that were missing: rows without a value, and rows that did not come.
    public internal(set) var missing: UInt64 = 0
    /// How often rows did not come.
    public internal(set) var gaps = 0
    /// How often a counter was restarted.
    public internal(set) var resets: UInt64 = 0
    /// The values that the detector only learned from.
    public internal(set) var learned = 0
    /// The values that the detector compared with a threshold.
    public internal(set) var judged = 0
    /// The values in a tail that were not flagged.
    public internal(set) var excesses = 0
    /// The values that were flagged.
    public internal(set) var anomalies = 0
    /// The flagged values that are alarms; 0 if ``SpotParameters/alert`` is off.
    public internal(set) var alarms = 0
    /// The alerts that were made of them.
    public internal(set) var alerts = 0
    /// The alerts of which only the number is known.
    public internal(set) var omittedAlerts = 0
    /// How often the series was found to have changed for good.
    public internal(set) var regimeChanges = 0
    /// After how many rows the detector was in each state.
    public internal(set) var states: [SpotState: Int] = [:]
    /// The smallest value.
    public internal(set) var least: Double?
    /// The largest value.
    public internal(set) var most: Double?
    /// The time of the first row, in milliseconds since 1970.
    public internal(set) var firstTime: Int64?
    /// The time of the last row.
    public internal(set) var lastTime: Int64?

    /// How many times more values were flagged than clean data would have had flagged by chance; nil if none was judged.
    public func flaggedShare(perChance q: Double) -> Double? {
        judged > 0 && q > 0 ? Double(anomalies) / (q * Double(judged)) : nil
    }
}
