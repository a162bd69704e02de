import TestSupport
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(1))) struct NetworkServicesTests {
    @Test func thePartsWorkTogetherUntilTheyStop() async throws {
        let server = try HTTPFixture { _ in .init(200, text: "hello") }
        let services = try NetworkServices(threads: 2)
        try services.start()
        try services.start()
        let url = "http://localhost:\(server.port)/"
        #expect(try await services.http.execute(HTTPRequest(url: url)).text == "hello")
        let addresses = try await services.resolver.addresses(of: "localhost", until: .now + .seconds(20))
        #expect(!addresses.isEmpty)
        #expect(services.pool.threadCount <= 1)
        services.stop()
        services.stop()
        let error = await #expect(throws: HTTPError.self) { try await services.http.execute(HTTPRequest(url: url)) }
        #expect(error?.code == .system)
        #expect(throws: TransportError.self) { try services.start() }
    }
}
