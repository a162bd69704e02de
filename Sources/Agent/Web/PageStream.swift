import Exposition
import Hummingbird
import HummingbirdCore
import NIOCore

/// Sends a page piece by piece, compressed as negotiated. Memory stays at a few pieces, whatever the page's size.
struct PageStream: Sendable {
    let page: MetricsPage
    let format: ExpositionFormat
    let encoding: ContentEncoding

    func write(to writer: inout any ResponseBodyWriter) async throws {
        let begin = ContinuousClock.now
        let compressor = try makeCompressor()
        var chunks = page.chunks(format: format)
        while let chunk = chunks.next() {
            try await send(try compressor?.compress(chunk) ?? chunk, to: &writer)
        }
        if let compressor { try await send(try compressor.finish(), to: &writer) }
        try await writer.finish(nil)
        page.finished(chunks, took: begin.duration(to: .now))
    }

    private func makeCompressor() throws -> (any Compressor)? {
        switch encoding {
        case .identity: nil
        case .gzip: try GzipCompressor()
        case .zstd: try ZstdCompressor()
        }
    }

    private func send(_ bytes: [UInt8], to writer: inout any ResponseBodyWriter) async throws {
        if bytes.isEmpty { return }
        try await writer.write(ByteBuffer(bytes: bytes))
    }
}
