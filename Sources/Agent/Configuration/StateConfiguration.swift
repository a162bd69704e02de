import Settings

/// Where the agent keeps what must survive a restart, and how much of it.
struct StateConfiguration: Sendable {
    /// The folder; made when it is missing.
    var directory: String
    /// How many events the history keeps.
    var historyEvents: Int
    /// How long the history keeps an event.
    var historyAge: Duration

    /// The defaults: 100,000 events, 30 days.
    init(directory: String, historyEvents: Int = 100_000, historyAge: Duration = .seconds(30 * 86_400)) {
        self.directory = directory
        self.historyEvents = historyEvents
        self.historyAge = historyAge
    }

    /// The path of the database.
    var database: String { directory + "/state.db" }

    /// The folder with the queues of exporting modules.
    var queues: String { directory + "/queues" }

    init(_ reader: MappingReader?, directory: String) {
        self.init(directory: Paths.resolve(reader?.string("directory") ?? "state", in: directory))
        guard let reader else { return }
        if let history = reader.mapping("history") {
            historyEvents = history.integer("events", in: 100...10_000_000) ?? historyEvents
            historyAge = history.duration("age", in: .seconds(60) ... .seconds(3650 * 86_400)) ?? historyAge
            history.finish()
        }
        reader.finish()
    }
}
