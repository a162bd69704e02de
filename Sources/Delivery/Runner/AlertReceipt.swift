/// What ``ModuleHub/take(alerts:time:)`` gives back for news of alerts: whoever keeps them elsewhere until the modules have
/// them learns here that they do.
public struct AlertReceipt: Sendable {
    private var waits: [(intake: Intake, number: UInt64)] = []
    private var areAllTaken = true

    /// The receipt for news that no module wants.
    public init() {}

    mutating func add(_ intake: Intake, _ number: UInt64?) {
        if let number { waits.append((intake, number)) } else { areAllTaken = false }
    }

    /// Waits until the queue of every module that wants the news has it, the hub has ended, or the task is cancelled.
    ///
    /// - Returns: Whether every queue has all of it. News that no module wants is kept by all of them.
    public func isKept() async -> Bool {
        var isKept = areAllTaken
        for wait in waits where await !wait.intake.waitForAlerts(wait.number) { isKept = false }
        return isKept
    }
}
