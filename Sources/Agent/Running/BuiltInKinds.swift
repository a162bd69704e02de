import ExporterKinds
import HostExporter
import PostgresExporter
import SQLiteExporter
import Transport

/// The kinds of exporter that the program offers, and the threads that they share.
final class BuiltInKinds: Sendable {
    /// The reactor, the resolver and the HTTP client.
    let network: NetworkServices
    /// The kinds.
    let kinds: [any ExporterKind]

    /// Makes the kinds; the threads run only after ``start()``.
    ///
    /// - Parameter others: Kinds besides the program's own.
    /// - Throws: `TransportError` if the system has no more descriptors.
    init(and others: [any ExporterKind] = []) throws {
        network = try NetworkServices(http: .init(userAgent: "muster/\(AgentVersion.current)"))
        let own: [any ExporterKind] = [
            HostKind(),
            PostgresKind(reactor: network.reactor, resolver: network.resolver, pool: network.pool),
            SQLiteKind(),
        ]
        kinds = own + others
    }

    /// Starts what exporters need to run.
    ///
    /// - Throws: `TransportError` if no thread can be made.
    func start() throws {
        try network.start()
    }

    /// Ends the threads. Everything that uses them has to be closed.
    func stop() {
        network.stop()
    }
}
