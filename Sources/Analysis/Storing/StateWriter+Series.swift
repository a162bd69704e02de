import Exposition

extension StateWriter {
    mutating func write(_ labels: LabelSet) {
        write(unsigned: UInt64(labels.count))
        for label in labels.labels {
            write(label.name)
            write(label.value)
        }
    }

    mutating func write(_ stored: StoredSeries) {
        write(stored.key)
        write(stored.series.stat)
        write(stored.sourceLabels)
        write(stored.series.service)
        write(stored.series.labels)
        write(stored.reader.transform.code)
        write(signed: stored.reader.longestGap)
        write(unsigned: stored.reader.resetCount)
        write(stored.reader.lastTime) { $0.write(signed: $1) }
        write(stored.reader.lastValue) { $0.write($1) }
        write(stored.spacing.last) { $0.write(signed: $1) }
        write(signed: stored.spacing.usual)
        write(unsigned: UInt64(stored.alerts.count))
        for open in stored.alerts { write(open) }
        write(stored.baseline) { $0.write($1) }
        write(stored.detector)
    }

    private mutating func write(_ open: AlertTracker.Open) {
        let alert = open.alert
        write(alert.id)
        write(alert.status == .up)
        write(alert.series.service)
        write(alert.series.labels)
        for number in [alert.value, alert.probability, alert.drift, alert.extreme] { write(number) }
        write(alert.threshold) { $0.write($1) }
        write(alert.confidence == .low)
        write(unsigned: alert.count)
        write(alert.isRegimeChange)
        for time in [alert.start, alert.lastAlarm, open.lastValue] { write(signed: time) }
        write(open.normalSince) { $0.write(signed: $1) }
    }

    private mutating func write(_ baseline: SeasonalBaseline) {
        // Most hours of a young baseline are not known.
        for (mean, weeks) in zip(baseline.means, baseline.weeks) {
            write(unsigned: UInt64(weeks))
            if weeks > 0 { write(mean) }
        }
        write(baseline.current) { $0.write(signed: $1) }
        write(baseline.currentMean)
        write(unsigned: UInt64(baseline.currentCount))
        write(baseline.isInForce)
    }
}

extension StateReader {
    mutating func labels() throws(StoredStateError) -> LabelSet {
        let count = try count(ofAtLeast: 2)
        var labels: [Label] = []
        labels.reserveCapacity(count)
        for _ in 0..<count { labels.append(Label(try text(), try text())) }
        return LabelSet(labels)
    }

    mutating func series() throws(StoredStateError) -> StoredSeries {
        let key = try text()
        let stat = try text()
        let sourceLabels = try labels()
        let series = SpotSeries(stat: stat, service: try text(), labels: try labels())
        let code = try byte()
        guard let transform = SeriesTransform.allCases.first(where: { $0.code == code }) else { throw .damaged }
        let longestGap = try signed()
        let resetCount = try unsigned()
        let lastTime = try optional { (reader) throws(StoredStateError) in try reader.signed() }
        let lastValue = try optional { (reader) throws(StoredStateError) in try reader.number() }
        guard
            let reader = SeriesReader(
                transform,
                longestGap: longestGap,
                resetCount: resetCount,
                lastTime: lastTime,
                lastValue: lastValue
            )
        else { throw .impossible("not a reader") }
        let last = try optional { (reader) throws(StoredStateError) in try reader.signed() }
        let spacing = SampleSpacing(last: last, usual: try signed())
        var alerts: [AlertTracker.Open] = []
        let count = try count(ofAtLeast: 40)
        guard count <= 2 else { throw .impossible("too many alerts") }
        for _ in 0..<count { alerts.append(try alert(of: stat)) }
        guard Set(alerts.map(\.alert.status)).count == count, Set(alerts.map(\.alert.series)).count <= 1 else {
            throw .impossible("alerts that do not go together")
        }
        let baseline = try optional { (reader) throws(StoredStateError) in try reader.baseline() }
        return StoredSeries(
            key: key,
            sourceLabels: sourceLabels,
            series: series,
            reader: reader,
            spacing: spacing,
            alerts: alerts,
            baseline: baseline,
            detector: try detector()
        )
    }

    private mutating func alert(of stat: String) throws(StoredStateError) -> AlertTracker.Open {
        let id = try text()
        let status: SpotAlert.Status = try flag() ? .up : .down
        let series = SpotSeries(stat: stat, service: try text(), labels: try labels())
        let value = try number()
        let probability = try number()
        let drift = try number()
        let extreme = try number()
        let threshold = try optional { (reader) throws(StoredStateError) in try reader.number() }
        guard (0...1).contains(probability), !value.isNaN, !extreme.isNaN, drift.isFinite, threshold?.isFinite ?? true
        else { throw .impossible("not an alert") }
        let confidence: SpotConfidence = try flag() ? .low : .normal
        let alert = SpotAlert(
            id: id,
            status: status,
            series: series,
            value: value,
            probability: probability,
            threshold: threshold,
            drift: drift,
            confidence: confidence,
            extreme: extreme,
            count: try unsigned(),
            isRegimeChange: try flag(),
            start: try signed(),
            lastAlarm: try signed()
        )
        let lastValue = try signed()
        let normalSince = try optional { (reader) throws(StoredStateError) in try reader.signed() }
        return AlertTracker.Open(alert: alert, normalSince: normalSince, lastValue: lastValue)
    }

    private mutating func baseline() throws(StoredStateError) -> SeasonalBaseline {
        var means: [Double] = []
        var weeks: [UInt16] = []
        for _ in 0..<SeasonalBaseline.phaseCount {
            guard let seen = UInt16(exactly: try unsigned()) else { throw .damaged }
            weeks.append(seen)
            means.append(seen > 0 ? try number() : 0)
        }
        let current = try optional { (reader) throws(StoredStateError) in try reader.signed() }
        let mean = try number()
        guard let count = UInt32(exactly: try unsigned()) else { throw .damaged }
        guard
            let baseline = SeasonalBaseline(
                means: means,
                weeks: weeks,
                current: current,
                currentMean: mean,
                currentCount: count,
                isInForce: try flag()
            )
        else { throw .impossible("not a baseline") }
        return baseline
    }
}

extension SeriesTransform {
    fileprivate var code: UInt8 {
        switch self {
        case .raw: 0
        case .rate: 1
        case .delta: 2
        }
    }
}
