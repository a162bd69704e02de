import Foundation
import Testing

@testable import Analysis

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite("Plots")
struct SVGPlotTests {
    @Test("A plot is well-formed, bounded, and has values, thresholds and alarms in it")
    func plot() throws {
        let replay = try SpotReplayTests.replay(count: 60_000)
        let svg = SVGPlot(replay.trace, title: "load <of> \"this\" & that\u{0}", hasTime: true).svg()
        let names = try elements(of: svg)
        #expect(names["svg"] == 1 && (names["text"] ?? 0) > 8)
        #expect(svg.utf8.count < 200_000)
        #expect(svg.contains("load &lt;of&gt; &quot;this&quot; &amp; that\u{FFFD}"))
        // Values, two thresholds, alarms, and three of the legend.
        for (name, count) in [("value", 2), ("limit", 3), ("alarm", 2)] {
            #expect(svg.components(separatedBy: "<path class=\"\(name)\"").count - 1 == count)
        }
        #expect(svg.contains("prefers-color-scheme: dark") && svg.contains(">2025-06-"))
    }

    @Test(
        "Whatever there is to draw, the plot is well-formed",
        arguments: [
            [], [1], [1, 1, 1], [0, 0], [1e300, -1e300, 1e308, .infinity, -.infinity], [.nan], [1e-300, 2e-300],
            [5, .nan, 5],
            [1e15, 1e15 + 1], [-1e-9, 1e-9],
        ] as [[Double]]
    )
    func extremes(values: [Double]) throws {
        for hasTime in [true, false] {
            var trace = PlotTrace()
            for (index, value) in values.enumerated() {
                let time: Int64 = [0, 253_402_300_799_999][min(index, 1)]
                let step = SpotStep(status: .anomaly, side: .up, value: value, isAlarm: true)
                trace.add(step, at: time, upper: value, lower: -value)
            }
            let svg = SVGPlot(trace, title: "", hasTime: hasTime, width: -5, height: .max).svg()
            _ = try elements(of: svg)
            let drawn = svg.replacingOccurrences(of: "dominant", with: "")
            #expect(!drawn.contains("nan") && !drawn.contains("inf"))
        }
    }

    static let ticks: [(Double, Double, [String])] = [
        (0, 10, ["0", "2", "4", "6", "8", "10"]), (0, 1, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (-0.003, 0.004, ["-0.002", "0", "0.002", "0.004"]),
        (1e9, 3e9, ["1000000000", "1500000000", "2000000000", "2500000000", "3000000000"]),
        (0, 4e12, ["0", "1e12", "2e12", "3e12", "4e12"]), (0, 3e-7, ["0", "1e-7", "2e-7", "3e-7"]),
        (99.5, 101, ["99.5", "100", "100.5", "101"]),
    ]

    @Test("Numbers at an axis are round", arguments: ticks)
    func valueTicks(low: Double, high: Double, texts: [String]) {
        let scale = PlotScale(low: low, high: high, start: 0, end: 100)
        #expect(scale.ticks(about: 5).map(\.text) == texts)
    }

    @Test("Times at an axis are round")
    func timeTicks() throws {
        func texts(_ from: String, _ to: String) throws -> [String] {
            let low = Double(try #require(TimeText.milliseconds(from)))
            let high = Double(try #require(TimeText.milliseconds(to)))
            let scale = PlotScale(low: low, high: high, start: 0, end: 100)
            return PlotTimeScale(scale: scale, isDate: true, interval: 1).ticks(about: 5).map(\.text)
        }
        #expect(try texts("2025-06-15T10:03", "2025-06-15T11:50") == ["10:30", "11:00", "11:30"])
        #expect(
            try texts("2025-06-15T20:00", "2025-06-16T10:00") == ["21:00", "2025-06-16", "03:00", "06:00", "09:00"]
        )
        #expect(try texts("2025-06-15T20:00:58", "2025-06-15T20:01:30") == ["20:01:00", "20:01:15", "20:01:30"])
        #expect(try texts("2025-06-01", "2025-06-09").count == 5)
        #expect(try texts("0001-01-01", "9999-12-31").count <= 100)
        let rows = PlotScale(low: 0, high: 15_000 * 1000, start: 0, end: 100)
        let plain = PlotTimeScale(scale: rows, isDate: false, interval: 15_000).ticks(about: 5)
        #expect(plain.map(\.text) == ["0", "200", "400", "600", "800", "1000"])
    }

    /// How often each element is there; throws if it is not XML.
    private func elements(of svg: String) throws -> [String: Int] {
        let counter = ElementCounter()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = counter
        guard parser.parse() else { throw NotXML(error: parser.parserError) }
        return counter.counts
    }

    struct NotXML: Error {
        var error: (any Error)?
    }

    private final class ElementCounter: NSObject, XMLParserDelegate {
        var counts: [String: Int] = [:]

        func parser(
            _ parser: XMLParser,
            didStartElement name: String,
            namespaceURI: String?,
            qualifiedName: String?,
            attributes: [String: String]
        ) {
            counts[name, default: 0] += 1
        }
    }
}
