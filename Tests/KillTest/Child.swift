import Foundation
import GRDB
import TestSupport

/// The agent that is killed, with its files.
struct Child: Sendable {
    /// What an alert was like when the modules were told of it.
    struct News: Hashable, Sendable {
        var id: String
        var state: String
    }

    /// Where the configuration, the services and the journal are.
    let folder: String
    let state: String
    let port: Int
    /// The modules, by name: the policy and the size of their queues.
    let queues: [String: (policy: String, size: String)]
    private let url: String

    init(folder: TemporaryFolder, state: String, url: String, queues: [String: (policy: String, size: String)]) throws {
        self.folder = folder.path
        self.state = state
        self.url = url
        self.queues = queues
        port = try FreePort.next()
        try folder.write(configuration, to: "muster.yaml")
        try offer(3)
    }

    var journal: String { folder + "/journal" }
    var log: String { folder + "/log" }
    var address: String { "http://127.0.0.1:\(port)" }

    /// Writes the list of services anew.
    func offer(_ count: Int) throws {
        let services = (1...count).map { "- {name: stream-\($0), address: localhost}\n" }.joined()
        try Data("services:\n\(services)".utf8).write(to: URL(filePath: folder + "/services.yaml"), options: .atomic)
    }

    /// Starts it; it gives what comes after all that was given before, or nothing.
    func start(isQuiet: Bool = false) async throws -> ServerProcess {
        try await ServerProcess.start(
            [
                CommandLine.arguments[0], "agent", "--config", folder + "/muster.yaml", "--journal", journal,
                "--first", "\(try Journal(journal).next)", "--quiet", isQuiet ? "1" : "0",
            ],
            log: log,
            ready: { true }
        )
    }

    /// Lets it deliver what is left and end in order. Returns what it says of its modules before that.
    func finish() async throws -> [ModuleCounts] {
        let process = try await start(isQuiet: true)
        try await waitUntil("everything is delivered", within: .seconds(150)) {
            let counts = try await modules()
            return try counts.allSatisfy { $0.backlog == 0 } && counts.count == 2 * queues.count && untoldAlerts() == 0
        }
        let counts = try await modules()
        let status = try await process.stop(within: .seconds(60))
        guard status == .exited(0) else {
            throw TestSupportError("the last agent ended so: \(status)\n\(process.logTail)")
        }
        return counts
    }

    /// What `/api/v1/modules` says.
    private func modules() async throws -> [ModuleCounts] {
        let response = try await HTTP.get(address + "/api/v1/modules", within: .seconds(5))
        return try ModuleCounts.read(Data(response.body))
    }

    /// The alerts that the state database has.
    func alerts() throws -> Set<News> {
        try read { database in
            let rows = try Row.fetchAll(database, sql: "SELECT id, \"end\" IS NULL FROM alert")
            return Set(rows.map { News(id: $0[0], state: $0[1] ? "firing" : "resolved") })
        }
    }

    private func untoldAlerts() throws -> Int {
        try read { try Int.fetchOne($0, sql: "SELECT count(*) FROM alert WHERE NOT told") ?? 0 }
    }

    private func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        return try DatabaseQueue(path: state + "/state.db", configuration: configuration).read(body)
    }

    private var configuration: String {
        let modules = queues.sorted { $0.key < $1.key }.map { name, queue in
            """
              - name: \(name)
                queue: {policy: \(queue.policy), size: \(queue.size)}
                webhook: {url: "\(url)/\(name)", timeout: 400ms, batch_size: 50}

            """
        }
        return """
            name: kill-test
            state: {directory: "\(state)"}
            discovery:
              interval: 1s
              sources:
              - name: local
                file: {paths: [services.yaml]}
            exporters:
            - {name: numbers, match: {name: "stream-.*"}, interval: 30ms, numbered: {}}
            analysis:
              history: 100000
              spot:
              - name: levels
                match: {metric: level}
                depth: 5
                n_init: 10
                level: 0.8
                q: 0.001
                regime: 0
                resolve_after: 0s
            exporting:
              drain: 20s
              modules:
            \(modules.joined())
            web: {listen: "127.0.0.1:\(port)"}
            """
    }
}
