import Discovery
import Exposition

/// What the benchmarks work on: the same in every run.
enum Fixtures {
    /// Services as a catalogue lists them, made of fresh strings.
    ///
    /// - Parameters:
    ///   - count: How many.
    ///   - version: A label of the service of that number.
    static func services(_ count: Int, version: (Int) -> Int = { _ in 0 }) -> [Service] {
        (0..<count).map { index in
            Service(
                name: "orders-db-\(1_000_000 + index)",
                address: "10.\(index >> 16 & 255).\(index >> 8 & 255).\(index & 255)",
                port: 5432,
                tags: ["postgres", "primary"],
                labels: ["env": "production", "team": "payments-\(index % 7)", "version": "v\(version(index))"],
                options: ["database": "orders"],
                metadata: ["node": "node-\(index % 100)", "datacenter": "fra1"]
            )
        }
    }

    /// The same services as they are after matching. Another version is another hash.
    static func matched(_ count: Int, version: (Int) -> Int = { _ in 0 }) -> [MatchedService] {
        services(count, version: version).enumerated().map { index, service in
            let digits = String(UInt64(index) &* 0x9E37_79B9_7F4A_7C15 | 1 << 63, radix: 16)
            let version = String(UInt64(version(index)) | 1 << 63, radix: 16)
            return MatchedService(
                service: service,
                key: ServiceKey(template: "pg", name: service.name, address: service.address, port: service.port),
                hash: ServiceHash(digits + version),
                labels: service.labels,
                source: "catalog"
            )
        }
    }

    /// A list in which some services have another version, and all others are the same objects.
    static func changing(
        _ list: [MatchedService],
        version: Int,
        where isChanged: (Int) -> Bool
    ) -> [MatchedService] {
        let fresh = matched(list.count) { isChanged($0) ? version : 0 }
        return list.indices.map { isChanged($0) ? fresh[$0] : list[$0] }
    }

    /// About 400 samples in 40 families, like those of a PostgreSQL server with ten databases.
    static func families(seed: Int) -> [MetricFamily] {
        var generator = Generator(state: UInt64(seed))
        return (0..<40).map { family in
            let isCounter = family % 2 == 0
            return MetricFamily(
                name: "pg_stat_database_figure_\(10 + family)" + (isCounter ? "_total" : ""),
                kind: isCounter ? .counter : .gauge,
                help: "What is counted in this database since its statistics were last reset",
                metrics: (0..<10).map { database in
                    let value = generator.next()
                    return Metric(
                        labels: ["datid": "\(16_384 + database)", "datname": "orders_\(database)"],
                        isCounter ? Double(value >> 34) : Double(value >> 11) * 0x1p-53
                    )
                }
            )
        }
    }

    /// What many such servers have collected.
    static func sections(_ count: Int) -> [PageSection] {
        (0..<count).map { index in
            let labels: LabelSet = ["service": "orders-db-\(index)", "host": "10.0.\(index >> 8).\(index & 255)"]
            let snapshot = SnapshotEncoder(labels: labels).encode(families(seed: index))
            return PageSection(id: "pg/orders-db-\(index)", labels: labels, families: snapshot.families)
        }
    }
}

/// A small generator of random numbers (splitmix64), so that every run works on the same ones.
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number between 0 and 1, neither included.
    mutating func uniform() -> Double { (Double(next() >> 11) + 0.5) * 0x1p-53 }
}
