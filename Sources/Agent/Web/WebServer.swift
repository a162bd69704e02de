import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// The agent's HTTP server.
struct WebServer: Service {
    let configuration: WebConfiguration
    let view: any AgentView
    let logger: Logger
    /// Is told the port once the server listens.
    let onListening: @Sendable (Int) async -> Void

    /// Serves until graceful shutdown.
    ///
    /// - Throws: ``AgentError`` if the address cannot be listened on.
    func run() async throws {
        // Hummingbird logs every request at its own level; an operator wants changes of state.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let onListening = onListening
        let application = Application(
            responder: WebResponder(
                view: view,
                logger: logger,
                bodyTimeout: TimeAmount(configuration.idleTimeout)
            ),
            server: .http1(configuration: httpConfiguration),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                availableConnectionsDelegate: .maximum(configuration.maximumConnections, logger: quiet)
            ),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) },
            logger: quiet
        )
        do {
            try await application.run()
        } catch let error as IOError {
            let reason = String(cString: strerror(error.errnoCode))
            throw AgentError(.listen, "cannot listen on \(configuration.address): \(reason)")
        } catch let error where !(error is CancellationError) {
            // What resolving a name throws has no public type.
            throw AgentError(.listen, "cannot listen on \(configuration.address)", cause: error)
        }
    }

    private var httpConfiguration: HTTP1Channel.Configuration {
        let timeout = TimeAmount(configuration.idleTimeout)
        return HTTP1Channel.Configuration(
            additionalChannelHandlers: [StalledReaderHandler(timeout: timeout)],
            idleTimeout: timeout,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16 * 1024,
                maxHeaderListSize: 32 * 1024,
                maxHeaderFieldCount: 100
            )
        )
    }
}
