import Analysis
import CMalloc
import Exposition
import Glibc

/// What a detector with the defaults takes: in memory, and in the state that is stored.
func detectorBenchmarks() throws {
    let series = 500
    // Calibrated, and with a tail that is as long as it gets.
    let values = 12_000
    var generator = Generator(state: 5)
    let before = allocatedBytes()
    var engine = try SpotEngine(selections: [SpotSelection(name: "all")])
    let keys = (0..<series).map { "pg/orders-db-\($0)" }
    for step in 0..<values {
        keep(
            engine.observe(
                keys.map { key in
                    SpotObservation(
                        key: key,
                        stat: "pg_stat_activity_count",
                        labels: ["service": key, "state": "active"],
                        service: key,
                        kind: .gauge,
                        value: -log(generator.uniform()),
                        time: Int64(step) * 1000
                    )
                }
            )
        )
    }
    let after = allocatedBytes()
    let detectors = engine.detectorCount
    guard detectors == series else { throw BenchError("\(detectors) of \(series) series are watched") }
    let states = engine.dirtyStates(limit: series)
    let stored = states.reduce(0) { $0 + $1.identity.utf8.count + $1.bytes.count }
    Report.size("a detector, heap", Double(after - before) / Double(detectors), "bytes")
    Report.size("a detector, stored state", Double(stored) / Double(max(1, states.count)), "bytes")
    keep(engine)
    keep(keys)
}

/// How many bytes of the heap are in use.
private func allocatedBytes() -> Int {
    let information = mallinfo2()
    return Int(information.uordblks) + Int(information.hblkhd)
}
