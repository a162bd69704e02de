import Exposition

/// What it costs to encode what was collected, and to build pages of it.
func expositionBenchmarks() {
    encodingBenchmarks()
    Report.heading("Building a page of 1,000 targets")
    let sections = Fixtures.sections(1_000)
    let formats = [
        ("text", ExpositionFormat(syntax: .text004, escaping: .underscores)),
        ("OpenMetrics", ExpositionFormat(syntax: .openMetrics100, escaping: .underscores)),
    ]
    for (name, format) in formats {
        let builder = PageBuilder(format: format)
        var report = PageReport()
        // The first page of a format derives it from what was encoded; the measured ones are made of what is kept.
        let first = Measurement(rounds: 3, prepare: { Fixtures.sections(100) }, run: { write($0, builder) })
        let measurement = Measurement {
            report = write(sections, builder)
            return report
        }
        Report.rate("\(name)", measurement, of: Double(report.bytes) / 1e9, "GB/s", budget: 1)
        Report.time("\(name)", measurement, per: report.samples, "sample", budget: 100)
        Report.time("\(name), first page after collecting", first, per: report.samples / 10, "sample")
        keep(report)
    }
}

private func encodingBenchmarks() {
    Report.heading("Encoding what was collected")
    let encoder = SnapshotEncoder(labels: ["service": "orders-db", "host": "10.0.0.1"])
    let collected = (0..<100).map(Fixtures.families)
    let samples = collected.joined().map(\.metrics.count).reduce(0, +)
    let measurement = Measurement { collected.map { encoder.encode($0).sampleCount } }
    Report.rate("samples", measurement, of: Double(samples) / 1e6, "million/s")
    Report.time("one sample", measurement, per: samples, "sample")
    Report.time("a target with 400 samples", measurement, per: collected.count, "target")
}

private func write(_ sections: [PageSection], _ builder: PageBuilder) -> PageReport {
    var bytes = 0
    let report = builder.write(sections) { chunk in bytes += chunk.count }
    keep(bytes)
    return report
}
