import Transport

/// A network for tests that is stopped at the end of a body.
func withNetwork<Result>(_ body: (NetworkServices) async throws -> Result) async throws -> Result {
    let network = try NetworkServices()
    try network.start()
    defer { network.stop() }
    return try await body(network)
}
