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
        // One thread, which does no more than move bytes: pages are made elsewhere, and more threads would have to wake.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let result: Result<Void, any Error>
        do {
            try await serve(on: group)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try? await group.shutdownGracefully()
        try result.get()
    }

    private func serve(on group: MultiThreadedEventLoopGroup) async throws {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let (onListening, quietLogger) = (onListening, quiet)
        let responder = WebResponder(view: view, logger: logger, bodyTimeout: TimeAmount(configuration.idleTimeout))
        do {
            // Not Hummingbird's Application: that wakes every second, for the date of answers that nobody asks for.
            let server = try HTTPServerBuilder.http1(configuration: httpConfiguration).buildServer(
                configuration: ServerConfiguration(
                    address: .hostname(configuration.host, port: configuration.port),
                    availableConnectionsDelegate: .maximum(configuration.maximumConnections, logger: quietLogger)
                ),
                eventLoopGroup: group,
                logger: quietLogger,
                responder: { request, writer, channel in
                    let response = await responder.respond(to: request, from: channel)
                    do {
                        try await writer.write(response: response.head, body: response.body)
                    } catch {
                        // Hummingbird answers an error of the HTTP parser with a head, which may have been sent already.
                        throw UnsentAnswer(cause: error)
                    }
                },
                onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) }
            )
            try await server.run()
        } catch let error as IOError {
            let reason = String(cString: strerror(error.errnoCode))
            throw AgentError(.listen, "cannot listen on \(configuration.address): \(reason)")
        } catch let error where !(error is CancellationError) {
            // What resolving a name throws has no public type.
            throw AgentError(.listen, "cannot listen on \(configuration.address)", cause: error)
        }
    }

    /// An answer did not reach its client whole; the connection is closed.
    private struct UnsentAnswer: Error {
        var cause: any Error
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
