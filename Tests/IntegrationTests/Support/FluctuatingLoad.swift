import TestSupport

/// Connections to a PostgreSQL whose number goes up and down a little, as on a server with steady work.
actor FluctuatingLoad {
    /// What the connections are called in `pg_stat_activity`.
    static let applicationName = "load"

    private let port: Int
    private var steady: [IdleConnection] = []
    private var surge: [IdleConnection] = []
    private var random: SeededGenerator

    init(port: Int, seed: UInt64) {
        self.port = port
        random = SeededGenerator(seed: seed)
    }

    /// Opens and closes connections until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            let wanted = Int.random(in: 3...8, using: &random)
            while steady.count > wanted { steady.removeFirst().close() }
            while steady.count < wanted, let connection = try? open() { steady.append(connection) }
            try? await Task.sleep(for: .milliseconds(40))
        }
        for connection in steady { connection.close() }
    }

    /// Opens many more at once.
    func begin(surge count: Int) throws {
        for _ in 0..<count { surge.append(try open()) }
    }

    /// Closes what the surge has opened.
    func endSurge() {
        for connection in surge { connection.close() }
        surge = []
    }

    /// A connection that has sent its start-up message (PostgreSQL's protocol 3.0) and is idle from then on.
    private func open() throws -> IdleConnection {
        let connection = try IdleConnection(port: port)
        let parameters = ["user", "postgres", "database", "postgres", "application_name", Self.applicationName]
        let body = parameters.map { $0 + "\0" }.joined() + "\0"
        let length = UInt32(8 + body.utf8.count)
        let head = [length, 196_608].flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) }
        }
        try connection.send(String(decoding: head, as: UTF8.self) + body)
        return connection
    }
}
