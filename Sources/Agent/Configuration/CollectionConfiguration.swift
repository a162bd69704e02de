import Settings

/// Bounds on what the agent does at once for all services.
struct CollectionConfiguration: Sendable {
    /// How many collections run at once.
    var concurrency: Int
    /// How many exporters are set up at once.
    var setups: Int
    /// How long setting up one exporter may take.
    var setupTimeout: Duration

    /// The defaults: 64 collections, 16 setups, 10 s.
    init(concurrency: Int = 64, setups: Int = 16, setupTimeout: Duration = .seconds(10)) {
        self.concurrency = concurrency
        self.setups = setups
        self.setupTimeout = setupTimeout
    }

    init(_ reader: MappingReader?) {
        self.init()
        guard let reader else { return }
        concurrency = reader.integer("concurrency", in: 1...10_000) ?? concurrency
        setups = reader.integer("setups", in: 1...1_000) ?? setups
        setupTimeout = reader.duration("setup_timeout", in: .milliseconds(100) ... .seconds(600)) ?? setupTimeout
        reader.finish()
    }
}
