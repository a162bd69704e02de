import Analysis

/// What the web server may see and do. The agent implements it; tests may too.
protocol AgentView: Sendable {
    /// Whether every source has been asked at least once.
    var isReady: Bool { get }

    /// Everything about the services and sources as of now.
    func report() -> AgentReport

    /// The metrics as of now.
    func page(filter: ServiceFilter) -> MetricsPage

    /// The latest events, newest first.
    func history(limit: Int, service: String?) async -> [HistoryEvent]

    /// The last alerts that are over, the last first.
    func endedAlerts(limit: Int) -> [SpotAlert]

    /// Lets go of what is held, because a person says that it is right.
    ///
    /// - Returns: How many services that were.
    func confirmRemovals() -> Int

    /// Asks every source now.
    func refresh()
}
