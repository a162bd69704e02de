import ExportingModules
import Exposition

/// The records that exporting modules are measured with: 500 series of ten services, as a PostgreSQL server with ten
/// databases has them, each with three labels of its own and four of its service.
struct ModuleFixtures {
    /// How many series there are.
    static let seriesCount = 500

    private static let start: Int64 = 7_200_000
    private var samples: [Sample] = []
    private var place = 0
    private var time: Int64
    private var generator = Generator(state: 11)

    /// - Parameter now: The time in milliseconds since 1970. The records are from the two hours before it, a second apart.
    init(now: Int64) {
        time = now - Self.start
        let families = (0..<50).map { index in
            SampleFamily(
                name: "pg_stat_database_figure_\(10 + index)" + (index % 2 == 0 ? "_total" : ""),
                kind: index % 2 == 0 ? .counter : .gauge,
                help: "What is counted in this database since its statistics were last reset"
            )
        }
        for service in 0..<10 {
            for (index, family) in families.enumerated() {
                samples.append(
                    Sample(
                        name: family.name,
                        service: "orders-db-\(service)",
                        labels: [
                            "datid": "\(16_384 + index)", "datname": "orders_\(index)", "state": "active",
                            "service": "orders-db-\(service)", "host": "10.0.0.\(service)", "port": "5432",
                            "env": "production",
                        ],
                        family: family,
                        value: 0,
                        timestamp: time
                    )
                )
            }
        }
    }

    /// The next samples: all series in turn, each time a second later.
    mutating func next(_ count: Int) -> [Sample] {
        var batch: [Sample] = []
        batch.reserveCapacity(count)
        while batch.count < count {
            if place == samples.count {
                place = 0
                time += 1000
            }
            let random = generator.next()
            let isCounter = samples[place].kind == .counter
            samples[place].value =
                isCounter ? samples[place].value + Double(random >> 54) : Double(random >> 11) * 0x1p-43
            samples[place].timestamp = time
            batch.append(samples[place])
            place += 1
        }
        return batch
    }

    /// The next news: one series after the other begins to be unusual.
    mutating func nextAlert() -> Alert {
        let sample = next(1)[0]
        return Alert(
            id: "\(sample.service)/\(sample.name)/\(sample.timestamp)",
            state: .firing,
            status: .up,
            stat: sample.name,
            service: sample.service,
            labels: sample.labels,
            value: sample.value,
            probability: 1e-5,
            threshold: sample.value / 2,
            start: sample.timestamp
        )
    }
}
