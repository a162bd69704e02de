import Transport

/// Network services that run until this object goes.
final class RunningNetwork: Sendable {
    let services: NetworkServices
    var http: HTTPClient { services.http }

    init() throws {
        services = try NetworkServices()
        try services.start()
    }

    deinit { services.stop() }

    func connect(_ url: String) async throws -> StreamSocket {
        try await StreamSocket.connect(
            SocketEndpoint(url: url),
            resolver: services.resolver,
            reactor: services.reactor,
            until: .now + .seconds(20)
        )
    }
}
