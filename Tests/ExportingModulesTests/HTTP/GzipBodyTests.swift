import Foundation
import TestSupport
import Testing

@testable import ExportingModules

@Suite("Compressed bodies")
struct GzipBodyTests {
    @Test("gzip reads them back", arguments: [0, 1, 100_000])
    func roundTrip(count: Int) async throws {
        var random = SeededGenerator(seed: 1)
        let bytes = (0..<count).map { _ in UInt8.random(in: 97...110, using: &random) }
        let compressed = try #require(GzipBody.compress(bytes))
        let folder = try TestSupport.TemporaryFolder()
        let path = folder.path("body.gz")
        try Data(compressed).write(to: URL(filePath: path))
        let result = try await Command.run(["gzip", "-dc", path])
        #expect(result.output == String(decoding: bytes, as: UTF8.self))
    }
}
