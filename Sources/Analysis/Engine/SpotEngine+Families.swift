public import Exposition

extension SpotEngine {
    /// The thresholds in force.
    public func thresholds() -> [SpotThreshold] {
        var result: [SpotThreshold] = []
        result.reserveCapacity(places.count)
        for place in watched.indices where !watched[place].isVacant {
            for side in SpotSide.allCases {
                guard let value = watched[place].threshold(of: side), value.isFinite else { continue }
                let selection = selections[watched[place].selection].name
                let series = watched[place].series
                result.append(SpotThreshold(series: series, side: side, value: value, selection: selection))
            }
        }
        return result
    }

    /// The thresholds in force as series that a dashboard can draw beside those that are watched, and what the engine
    /// does.
    ///
    /// | family | labels |
    /// |---|---|
    /// | `muster_spot_threshold` | the labels of the series, `metric`, `service`, `tail` (`up` or `down`) |
    /// | `muster_spot_detectors` | `selection`, `state` |
    /// | `muster_spot_refused_series` | `selection` |
    /// | `muster_spot_observations_total` | `selection` |
    /// | `muster_spot_old_observations_total` | `selection` |
    /// | `muster_spot_alarms_total` | `selection` |
    /// | `muster_spot_alerts_total` | `selection` |
    /// | `muster_spot_open_alerts` | `selection` |
    ///
    /// A label of a series that has one of those names is shown as `exported_` and its name.
    public func families() -> [MetricFamily] {
        [thresholdFamily(), detectorFamily()] + tallyFamilies()
    }

    private func thresholdFamily() -> MetricFamily {
        MetricFamily(
            name: "muster_spot_threshold",
            kind: .gauge,
            help: "A value of the series beyond this is flagged.",
            metrics: thresholds().map { threshold in
                Metric(labels: Self.labels(of: threshold), threshold.value)
            }
        )
    }

    /// The labels of a threshold's series, with those that say which threshold it is.
    static func labels(of threshold: SpotThreshold) -> LabelSet {
        var labels = threshold.series.labels
        let own = [("metric", threshold.series.stat), ("service", threshold.series.service)]
        for (name, value) in own + [("tail", threshold.side.rawValue)] {
            if let clash = labels[name], clash != value {
                // Names may repeat the prefix, as in Prometheus.
                var other = "exported_" + name
                while labels[other] != nil { other = "exported_" + other }
                labels[other] = clash
            }
            labels[name] = value.isEmpty ? nil : value
        }
        return labels
    }

    private func detectorFamily() -> MetricFamily {
        var counts = Array(repeating: [SpotState: Int](), count: selections.count)
        for place in watched.indices where !watched[place].isVacant {
            counts[watched[place].selection][watched[place].detector.state, default: 0] += 1
        }
        let metrics = zip(selections, counts).flatMap { selection, counts in
            SpotState.allCases.map { state in
                Metric(
                    labels: ["selection": selection.name, "state": state.rawValue],
                    Double(counts[state] ?? 0)
                )
            }
        }
        return MetricFamily(
            name: "muster_spot_detectors",
            kind: .gauge,
            help: "The detectors of each selection by state.",
            metrics: metrics
        )
    }

    private func tallyFamilies() -> [MetricFamily] {
        var refusedCounts = Array(repeating: 0, count: selections.count)
        for entry in refused.values { refusedCounts[entry.selection] += 1 }
        var openCounts = Array(repeating: 0, count: selections.count)
        for place in alerting { openCounts[watched[place].selection] += watched[place].tracker.open.count }
        return [
            family("muster_spot_refused_series", .gauge, "Series that are selected but found no room for a detector.") {
                Double(refusedCounts[$0])
            },
            family("muster_spot_observations_total", .counter, "Samples that detectors were given.") {
                Double(tallies[$0].observations)
            },
            family("muster_spot_old_observations_total", .counter, "Samples that were not newer than the last.") {
                Double(tallies[$0].oldObservations)
            },
            family("muster_spot_alarms_total", .counter, "Values that were flagged.") { Double(tallies[$0].alarms) },
            family("muster_spot_alerts_total", .counter, "Alerts that began.") { Double(tallies[$0].alerts) },
            family("muster_spot_open_alerts", .gauge, "Alerts that go on.") { Double(openCounts[$0]) },
        ]
    }

    private func family(_ name: String, _ kind: MetricKind, _ help: String, _ value: (Int) -> Double) -> MetricFamily {
        MetricFamily(
            name: name,
            kind: kind,
            help: help,
            metrics: selections.indices.map { Metric(labels: ["selection": selections[$0].name], value($0)) }
        )
    }
}
