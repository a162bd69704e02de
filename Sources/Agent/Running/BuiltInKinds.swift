import ExporterKinds
import HostExporter
import PostgresExporter
import SQLiteExporter
import Transport

/// The kinds of exporter that the program offers, and the threads that they share.
final class BuiltInKinds: Sendable {
    private let reactor: Reactor
    /// The kinds.
    let kinds: [any ExporterKind]

    /// Makes the kinds; the reactor's thread runs only after ``start()``.
    ///
    /// - Throws: `TransportError` if the system has no more descriptors.
    init() throws {
        reactor = try Reactor()
        let pool = BlockingPool()
        kinds = [
            HostKind(),
            PostgresKind(reactor: reactor, resolver: HostResolver(pool: pool), pool: pool),
            SQLiteKind(),
        ]
    }

    /// Starts what exporters need to run.
    ///
    /// - Throws: `TransportError` if no thread can be made.
    func start() throws {
        try reactor.start()
    }

    /// Ends the threads. Everything that uses them has to be closed.
    func stop() {
        reactor.stop()
    }
}
