import Exposition

/// What it costs to read pages.
func parsingBenchmarks() throws {
    Report.heading("Parsing a page of 400 samples")
    var page: [UInt8] = []
    let report = PageBuilder(format: .canonical).write(Fixtures.sections(1)) { page += $0 }
    let rounds = 100
    let events = try Measurement {
        var sum = 0.0
        for _ in 0..<rounds {
            var parser = TextParser(page)
            while let event = try parser.next() {
                if case .sample(let sample) = event { sum += sample.value }
            }
        }
        return sum
    }
    Report.time("events", events, per: report.samples * rounds, "sample")
    Report.rate("events", events, of: Double(page.count * rounds) / 1e6, "MB/s")
    let families = try Measurement {
        var count = 0
        for _ in 0..<rounds { count += try TextParser.families(in: page).count }
        return count
    }
    Report.time("families", families, per: report.samples * rounds, "sample")
    Report.rate("families", families, of: Double(page.count * rounds) / 1e6, "MB/s")
}
