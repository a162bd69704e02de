import Analysis
import Delivery
import ExporterKit
import ExportingModules
import Settings

/// Hands news of alerts to the exporting modules, and notes in the state database which of it is in their queues: what an
/// agent that was killed had found, but not yet handed over, is handed over by the next one.
final class AlertOutbox: Sendable {
    /// News that was handed over.
    private struct Letter: Sendable {
        var alerts: [SpotAlert]
        var receipt: AlertReceipt
    }

    /// How many letters may be on their way. One that finds no room is only handed over once more after a restart.
    private static let limit = 10_000

    private let store: StateStore?
    private let hub: ModuleHub?
    private let time: TimeSource
    private let letters: AsyncStream<Letter>
    private let sent: AsyncStream<Letter>.Continuation

    /// Creates it.
    ///
    /// - Parameters:
    ///   - store: Where alerts are kept; nil if nowhere.
    ///   - hub: The modules; nil if there are none.
    ///   - time: The clocks.
    init(store: StateStore?, hub: ModuleHub?, time: TimeSource) {
        self.store = store
        self.hub = hub
        self.time = time
        (letters, sent) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.limit))
    }

    /// Hands news over; does not wait. The store has to have it already.
    func tell(_ alerts: [SpotAlert]) {
        guard !alerts.isEmpty else { return }
        let receipt = hub?.take(alerts: alerts.map(Alert.init), time: time.wallTime.wholeMilliseconds)
        sent.yield(Letter(alerts: alerts, receipt: receipt ?? AlertReceipt()))
    }

    /// Nothing is handed over any more.
    func finish() { sent.finish() }

    /// Notes what has arrived, until ``finish()`` was called and all of it is in the queues or given up, or until the task
    /// is cancelled.
    func run() async {
        for await letter in letters {
            guard await letter.receipt.isKept() else { continue }
            // If this fails it is handed over once more after a restart, which modules have to bear anyway.
            try? await store?.noteTold(letter.alerts)
        }
    }
}
