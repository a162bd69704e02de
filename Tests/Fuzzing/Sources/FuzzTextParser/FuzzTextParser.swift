import Exposition
import FuzzSupport

/// Any bytes are read or refused; what was read can be written in every format, and read again with the same samples.
@main
struct FuzzTextParser {
    static func main() {
        Fuzzer.run { page in
            let samples = count(page)
            let families: [MetricFamily]
            do {
                families = try TextParser.families(in: page)
            } catch {
                return
            }
            Fuzzer.require(samples != nil, "families are read where events are refused")
            roundTrip(families)
        }
    }

    /// Reads everything in a page, also what is read lazily; nil if it does not parse.
    private static func count(_ page: [UInt8]) -> Int? {
        var samples = 0
        do {
            try TextParser.forEach(in: page) { event in
                guard case .sample(let sample) = event else { return }
                samples += 1
                Fuzzer.require(sample.labels.count == sample.labelCount, "labels get lost")
                Fuzzer.require(sample.seriesText.count + sample.valueText.count <= page.count, "texts overlap")
                _ = sample.name
            }
        } catch {
            return nil
        }
        return samples
    }

    private static func roundTrip(_ families: [MetricFamily]) {
        let labels: LabelSet = ["service": "fuzz"]
        let snapshot = SnapshotEncoder(labels: labels, sampleLimit: 10_000).encode(families)
        let section = PageSection(id: "fuzz", labels: labels, families: snapshot.families)
        // A target that has its twin beside it: everything is there twice, which a page may not show.
        let twin = PageSection(id: "twin", labels: labels, families: snapshot.families)
        for syntax in ExpositionFormat.Syntax.allCases {
            for escaping in EscapingScheme.allCases {
                let format = ExpositionFormat(syntax: syntax, escaping: escaping)
                var page: [UInt8] = []
                let report = PageBuilder(format: format).write([section, twin]) { page += $0 }
                Fuzzer.require(report.bytes == page.count, "\(format): the report's bytes are wrong")
                if format.isOpenMetrics {
                    Fuzzer.require(page.ends(with: "# EOF\n"), "\(format): the end is missing")
                } else {
                    check(page, report, format)
                }
            }
        }
    }

    /// Our own page parses, has the samples that were promised, and no series twice at one time.
    private static func check(_ page: [UInt8], _ report: PageReport, _ format: ExpositionFormat) {
        var samples = 0
        var series: Set<Series> = []
        do {
            try TextParser.forEach(in: page) { event in
                guard case .sample(let sample) = event else { return }
                samples += 1
                let added = series.insert(Series(Array(sample.seriesText), sample.timestamp)).inserted
                Fuzzer.require(added, "\(format): the series \(sample.name) is there twice")
            }
        } catch {
            Fuzzer.require(false, "\(format): our own page does not parse: \(error)")
        }
        Fuzzer.require(samples == report.samples, "\(format): \(report.samples) samples promised, \(samples) found")
    }

    /// The bytes of a series, since strings would compare equal that are not; and the time, as client_golang has it.
    private struct Series: Hashable {
        let bytes: [UInt8]
        let timestamp: Int64?

        init(_ bytes: [UInt8], _ timestamp: Int64?) { (self.bytes, self.timestamp) = (bytes, timestamp) }
    }
}

extension [UInt8] {
    fileprivate func ends(with text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}
