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
    /// - Throws: `TransportError` if the system has no more descriptors.
    init() throws {
        network = try NetworkServices(http: .init(userAgent: "muster/\(AgentVersion.current)"))
        kinds = [
            HostKind(),
            PostgresKind(reactor: network.reactor, resolver: network.resolver, pool: network.pool),
            SQLiteKind(),
        ]
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
