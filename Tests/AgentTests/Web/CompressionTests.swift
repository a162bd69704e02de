import Exposition
import TestSupport
import Testing

@testable import Agent

@Suite(.serialized, .timeLimit(.minutes(3))) struct CompressionTests {
    /// A family with much text that does not compress to nothing.
    static func large(_ count: Int) -> MetricFamily {
        var generator = SeededGenerator(seed: 1)
        let metrics = (0..<count).map { index in
            let text = String(generator.next(), radix: 16) + String(generator.next(), radix: 16)
            return Metric(labels: ["n": "\(index)", "text": text], Double(index))
        }
        return MetricFamily(name: "large", kind: .gauge, help: "Much.", metrics: metrics)
    }

    @Test func compressedPagesAreTheSamePages() async throws {
        try await AgentFixture().run { agent in
            try await agent.register("by-hand", [Self.large(20_000)])
            func lines(_ text: String) -> [Substring] { text.split(separator: "\n").filter { $0.hasPrefix("large") } }
            let plain = try await agent.get("/metrics?")
            #expect(plain.header("Content-Encoding") == nil)
            #expect(lines(plain.text).count == 20_000)
            let gzip = try await agent.get("/metrics", headers: ["Accept-Encoding": "gzip, zstd"])
            #expect(gzip.header("Content-Encoding") == "gzip")
            #expect(lines(try Decompressor.gzip(gzip.body)) == lines(plain.text))
            #expect(gzip.body.count < plain.body.count)
            let zstd = try await agent.get("/metrics", headers: ["Accept-Encoding": "zstd, gzip;q=0.5"])
            #expect(zstd.header("Content-Encoding") == "zstd")
            #expect(lines(try Decompressor.zstd(zstd.body)) == lines(plain.text))
            let refused = try await agent.get("/metrics", headers: ["Accept-Encoding": "gzip;q=0"])
            #expect(refused.header("Content-Encoding") == nil)
        }
    }

    @Test(arguments: [0, 1, 1000, 70_000, 300_000])
    func piecesOfEverySizeComeBack(_ size: Int) throws {
        var generator = SeededGenerator(seed: 2)
        let pieces: [[UInt8]] = [
            (0..<size).map { _ in UInt8.random(in: 32...126, using: &generator) }, [],
            Array(repeating: 65, count: size),
        ]
        let expected = String(decoding: pieces.joined(), as: UTF8.self)
        func compress(_ compressor: any Compressor) throws -> [UInt8] {
            var output: [UInt8] = []
            for piece in pieces { output += try compressor.compress(piece) }
            return try output + compressor.finish()
        }
        #expect(try Decompressor.gzip(compress(GzipCompressor())) == expected)
        #expect(try Decompressor.zstd(compress(ZstdCompressor())) == expected)
    }
}
