import FuzzSupport

@testable import Analysis

/// Any bytes are the state of a series or are refused; what was accepted works, and is stored and read again as it was.
@main
struct FuzzSpotStates {
    static func main() {
        Fuzzer.run { bytes in
            _ = try? StoredSeries(bytes: bytes)
            // The checksum would keep the fuzzer out.
            guard let stored = try? StoredSeries(body: bytes[...]) else { return }
            var writer = StateWriter()
            writer.write(stored)
            guard let again = try? StoredSeries(body: writer.bytes[...]) else {
                Fuzzer.require(false, "what was written cannot be read")
                return
            }
            var second = StateWriter()
            second.write(again)
            Fuzzer.require(writer.bytes == second.bytes, "a state changes by being stored")
            // As the engine checks it: parameters are those of the configuration, which are in order.
            guard let selection = selection(stored) else { return }
            restore(stored, selection)
        }
    }

    private static func selection(_ stored: StoredSeries) -> SpotSelection? {
        let parameters = stored.detector.parameters
        guard (try? parameters.validate()) != nil, parameters.initialCount <= 5000 else { return nil }
        return SpotSelection(
            name: "fuzz",
            transform: stored.reader.transform,
            parameters: parameters,
            baseline: stored.baseline == nil ? .off : .hourOfWeek
        )
    }

    private static func restore(_ stored: StoredSeries, _ selection: SpotSelection) {
        guard var engine = try? SpotEngine(selections: [selection]) else {
            Fuzzer.require(false, "the parameters are refused")
            return
        }
        let identity = SpotIdentity(
            key: stored.key,
            stat: stored.series.stat,
            sourceLabels: stored.sourceLabels,
            hasher: SeriesHasher()
        )
        let time: Int64 = stored.spacing.last ?? 1_750_000_000_000
        let report = engine.restore([(identity.text, stored.bytes)], at: time)
        Fuzzer.require(report.restoredCount + report.droppedCount == 1, "a state is neither restored nor dropped")
        var now: Int64 = 1_750_000_000_000
        for value in [0, 1, -1, 1e12, .nan, -1e300, .infinity, 5, 5, 5] {
            now += 15_000
            let observation = SpotObservation(
                key: stored.key,
                stat: stored.series.stat,
                sourceLabels: stored.sourceLabels,
                value: value,
                time: now
            )
            for change in engine.observe([observation]) {
                let probability = change.alert.probability
                Fuzzer.require((0...1).contains(probability), "a probability of \(probability)")
            }
            for threshold in engine.thresholds() {
                Fuzzer.require(threshold.value.isFinite, "a threshold of \(threshold)")
            }
        }
        _ = engine.advance(to: now + 86_400_000)
        _ = engine.dirtyStates(limit: 10)
    }
}
