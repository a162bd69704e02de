import ExportingModules
import Glibc
import SQLModule
import Transport

/// What it costs to send records with each module. The servers that have no address are left out.
///
/// - Parameter addresses: Where the servers are, by name: `influxdb`, `victoria-metrics`, `prometheus`, `graphite`,
///   `alertmanager` (what the modules have as their address), and `postgresql` (host:port, for the user postgres).
func moduleBenchmarks(_ addresses: [String: String]) async throws {
    let network = try NetworkServices()
    try network.start()
    defer { network.stop() }
    let folder = try TemporaryDirectory()
    defer { folder.remove() }

    print("\nExporting modules, one call after the other; CPU us is the time of this process per record.")
    RecordReport.heading("Samples")
    var runs = try ModuleRun.local(folder)
    runs += ModuleRun.servers(addresses)
    for run in runs where run.kind == .samples { try await run.measure(network, folder) }
    RecordReport.heading("News of alerts")
    for run in runs where run.kind == .alerts { try await run.measure(network, folder) }
    try await queueBenchmarks(folder)
}

/// One module with one configuration.
struct ModuleRun {
    enum Kind { case samples, alerts }

    var title: String
    var module: String
    var settings: [String: ModuleValue]
    var kind = Kind.samples
    /// How many records are handed over at once.
    var batch = 1000
    /// The server in this process whose time does not count.
    var sink: Sink?
    /// Whether the standard output leads nowhere meanwhile.
    var isSilent = false

    /// What is measured without a server.
    static func local(_ folder: TemporaryDirectory) throws -> [ModuleRun] {
        let reader = try Sink(.none)
        let server = try Sink(.http)
        let hook: [String: ModuleValue] = ["webhook.url": .text("http://127.0.0.1:\(server.port)/")]
        return [
            ModuleRun(
                title: "console, text, to /dev/null",
                module: "console",
                settings: ["console.data": .bool(true)],
                isSilent: true
            ),
            ModuleRun(
                title: "file, JSON lines",
                module: "file",
                settings: ["file.data": .text(folder.path("samples.jsonl"))]
            ),
            ModuleRun(
                title: "file, comma-separated values",
                module: "file",
                settings: ["file.data": .text(folder.path("samples.csv")), "file.format": .text("csv")]
            ),
            ModuleRun(
                title: "socket, TCP, JSON lines",
                module: "socket",
                settings: ["socket.data": .text("tcp://127.0.0.1:\(reader.port)")],
                sink: reader
            ),
            ModuleRun(
                title: "sql, SQLite",
                module: "sql",
                settings: ["sql.driver": .text("sqlite"), "sql.path": .text(folder.path("samples.db"))]
            ),
            ModuleRun(title: "webhook, 1000 at once", module: "webhook", settings: hook, sink: server),
            ModuleRun(title: "webhook, 100 at once", module: "webhook", settings: hook, batch: 100, sink: server),
            ModuleRun(
                title: "file, JSON lines",
                module: "file",
                settings: ["file.alarm": .text(folder.path("alerts.jsonl"))],
                kind: .alerts
            ),
            ModuleRun(title: "webhook", module: "webhook", settings: hook, kind: .alerts, sink: server),
        ]
    }

    /// What is measured with real servers.
    static func servers(_ addresses: [String: String]) -> [ModuleRun] {
        var runs: [ModuleRun] = []
        if let address = addresses["influxdb"] {
            let settings: [String: ModuleValue] = ["influxdb.address": .text(address)]
            runs.append(ModuleRun(title: "influxdb, to InfluxDB", module: "influxdb", settings: settings))
        }
        for (name, server) in [("victoria-metrics", "VictoriaMetrics"), ("prometheus", "Prometheus")] {
            guard let address = addresses[name] else { continue }
            let settings: [String: ModuleValue] = ["prometheus.url": .text("\(address)/api/v1/write")]
            runs.append(ModuleRun(title: "prometheus, to \(server)", module: "prometheus", settings: settings))
        }
        if let address = addresses["graphite"] {
            let settings: [String: ModuleValue] = ["graphite.address": .text(address)]
            runs.append(ModuleRun(title: "graphite, to carbon", module: "graphite", settings: settings))
        }
        if let address = addresses["postgresql"], let separator = address.lastIndex(of: ":") {
            let settings: [String: ModuleValue] = [
                "sql.driver": .text("postgresql"), "sql.host": .text(String(address[..<separator])),
                "sql.port": .text(String(address[address.index(after: separator)...])), "sql.user": .text("postgres"),
                "sql.sslmode": .text("disable"),
            ]
            runs.append(ModuleRun(title: "sql, to PostgreSQL", module: "sql", settings: settings))
        }
        if let address = addresses["alertmanager"] {
            let settings: [String: ModuleValue] = ["alertmanager.address": .text(address)]
            runs.append(
                ModuleRun(title: "alertmanager", module: "alertmanager", settings: settings, kind: .alerts)
            )
        }
        return runs
    }

    /// Sends records for two seconds and prints what it took.
    func measure(_ network: NetworkServices, _ folder: TemporaryDirectory) async throws {
        var catalogue = ModuleCatalogue.standard
        try catalogue.add(SQLModule.self)
        let context = ModuleContext(name: "bench", agent: "bench", directory: folder.path, network: network)
        let module = try catalogue.make(self.module, settings: settings, context: context)
        let tally: Tally
        do {
            let output = isSilent ? try SilentOutput() : nil
            defer { output?.end() }
            try await module.start(series: "bench")
            tally = try await send(module)
            try await module.close()
        }
        let note = tally.problem.map { "ONLY \(tally.accepted) ACCEPTED: \($0)" } ?? ""
        RecordReport.line(title, tally.stopwatch, count: tally.sent, batch: kind == .alerts ? 1 : batch, note: note)
        if let problem = tally.problem { throw BenchError("\(title): \(problem)") }
    }

    private struct Tally {
        var stopwatch = Stopwatch()
        var sent = 0
        var accepted = 0
        /// The first reason why a record was not accepted.
        var problem: String?
    }

    private func send(_ module: any ExportingModule) async throws -> Tally {
        var fixtures = ModuleFixtures(now: Stopwatch.wallTime)
        var tally = Tally()
        // What the first calls do, such as to connect and to make tables and series, is no part of the steady state.
        for _ in 0..<5 { try await sendOnce(module, &fixtures, &tally) }
        tally = Tally(problem: tally.problem)
        let before = sink?.cpu ?? 0
        while tally.stopwatch.elapsed < 2, tally.problem == nil { try await sendOnce(module, &fixtures, &tally) }
        tally.stopwatch.subtract(cpu: (sink?.cpu ?? 0) - before)
        return tally
    }

    private func sendOnce(
        _ module: any ExportingModule,
        _ fixtures: inout ModuleFixtures,
        _ tally: inout Tally
    ) async throws {
        switch kind {
        case .samples:
            let samples = fixtures.next(batch)
            let time = samples.last?.timestamp ?? 0
            let delivery = try await tally.stopwatch.measure { try await module.write(time: time, samples: samples) }
            tally.sent += samples.count
            tally.accepted += delivery.acceptedCount
            if delivery.acceptedCount < samples.count {
                let refused = samples.indices.first { delivery[$0] != .accepted } ?? 0
                tally.problem = "\(delivery[refused])"
            }
        case .alerts:
            let alert = fixtures.nextAlert()
            let outcome = try await tally.stopwatch.measure { try await module.warn(time: alert.start, alert: alert) }
            tally.sent += 1
            if outcome == .accepted { tally.accepted += 1 } else { tally.problem = "\(outcome)" }
        }
    }
}
