import FuzzSupport

@testable import Analysis

/// Any table is read or refused, the same in pieces of any size; what was read can be replayed and drawn.
@main
struct FuzzReplay {
    static func main() {
        Fuzzer.run { bytes in
            // The first two bytes choose how the rest is read.
            guard bytes.count >= 2 else { return }
            let table = bytes[2...]
            let options = Choice(bytes[0], bytes[1])
            let whole = rows(table, options, piece: table.count + 1)
            let parts = rows(table, options, piece: 1 + Int(bytes[0] % 7))
            Fuzzer.require(whole.same(as: parts), "pieces are read in another way than the whole: \(whole), \(parts)")
            if let line = whole.error?.line {
                let lines = table.count { $0 == 0x0A || $0 == 0x0D } + 1
                Fuzzer.require((1...lines).contains(line), "there is no line \(line)")
            }
            replay(whole, options)
        }
    }

    /// How a table is read and replayed.
    private struct Choice {
        var parser: CSVParser
        var value: RecordedValues.Column?
        var time: RecordedValues.Column?
        var replay: SpotReplay.Options

        init(_ first: UInt8, _ second: UInt8) {
            let separators: [UInt8?] = [nil, UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
            parser = CSVParser(separator: separators[Int(first & 3)], longestRecord: 200, mostFields: 8)
            let columns: [RecordedValues.Column?] = [nil, .number(1), .number(2), .named("v"), .named("2")]
            value = columns[Int(first >> 2) % columns.count]
            time = columns[Int(first >> 5) % columns.count]
            let parameters = SpotParameters(
                depth: Int(second & 3),
                q: 0.01,
                initialCount: 10,
                level: 0.5,
                down: second & 4 != 0,
                maxExcess: 10,
                policy: second & 8 != 0 ? .discard : .censor,
                regime: 4
            )
            replay = SpotReplay.Options(
                parameters: parameters,
                transform: SeriesTransform.allCases[Int(second >> 4) % 3],
                baseline: second & 64 != 0 ? .hourOfWeek : .off,
                mostAlerts: 5
            )
        }
    }

    /// What came of a table.
    private struct Outcome {
        var rows: [RecordedValues.Row] = []
        var hasTime = false
        var error: CSVError?

        func same(as other: Outcome) -> Bool {
            error == other.error && rows.count == other.rows.count
                && zip(rows, other.rows).allSatisfy {
                    $0.line == $1.line && $0.time == $1.time && $0.value.bitPattern == $1.value.bitPattern
                }
        }
    }

    private static func rows(_ table: ArraySlice<UInt8>, _ choice: Choice, piece: Int) -> Outcome {
        var outcome = Outcome()
        var reader = RecordedValues(valueColumn: choice.value, timeColumn: choice.time, parser: choice.parser)
        do throws(CSVError) {
            var rest = table
            while !rest.isEmpty {
                try reader.read(rest.prefix(piece)) { outcome.rows.append($0) }
                rest = rest.dropFirst(piece)
            }
            try reader.finish { outcome.rows.append($0) }
        } catch {
            outcome.error = error
        }
        outcome.hasTime = reader.hasTime ?? false
        return outcome
    }

    private static func replay(_ outcome: Outcome, _ choice: Choice) {
        guard var replay = try? SpotReplay(options: choice.replay) else {
            Fuzzer.require(false, "the parameters are refused")
            return
        }
        for row in outcome.rows {
            guard let step = replay.take(row.value, at: row.time) else { continue }
            let probability = step.probability ?? 0
            Fuzzer.require((0...1).contains(probability), "a probability of \(probability)")
            Fuzzer.require(step.threshold?.isFinite ?? true, "a threshold of \(step.threshold ?? 0)")
        }
        let summary = replay.summary
        Fuzzer.require(summary.rows == outcome.rows.count, "rows are lost")
        Fuzzer.require(replay.foundAlerts.count + summary.omittedAlerts == summary.alerts, "alerts are lost")
        let image = SVGPlot(replay.trace, title: "fuzz", hasTime: outcome.hasTime).svg()
        Fuzzer.require(image.hasSuffix("</svg>\n"), "the image has no end")
        Fuzzer.require(!image.contains("inf") && !image.contains(">nan"), "the image has numbers that are none")
    }
}
