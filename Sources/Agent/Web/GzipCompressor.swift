import CZlib

/// gzip through zlib, at the fastest level: a page is compressed for every scrape, and level 1 already makes it ten
/// times smaller.
final class GzipCompressor: Compressor {
    // The stream holds a pointer to itself, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    init() throws(CompressionError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard muster_deflate_init_gzip(stream, 1) == Z_OK else {
            stream.deallocate()
            throw CompressionError(message: "deflateInit2 failed")
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    func compress(_ chunk: [UInt8]) throws(CompressionError) -> [UInt8] {
        try run(chunk, flush: Z_NO_FLUSH)
    }

    func finish() throws(CompressionError) -> [UInt8] {
        try run([], flush: Z_FINISH)
    }

    private func run(_ chunk: [UInt8], flush: Int32) throws(CompressionError) -> [UInt8] {
        var chunk = chunk
        var output: [UInt8] = []
        var status = Z_OK
        chunk.withUnsafeMutableBufferPointer { input in
            stream.pointee.next_in = input.baseAddress
            stream.pointee.avail_in = UInt32(truncatingIfNeeded: input.count)
            repeat {
                let piece = [UInt8](unsafeUninitializedCapacity: 32 * 1024) { buffer, count in
                    stream.pointee.next_out = buffer.baseAddress
                    stream.pointee.avail_out = UInt32(buffer.count)
                    status = deflate(stream, flush)
                    count = buffer.count - Int(stream.pointee.avail_out)
                }
                output += piece
            } while status == Z_OK && (stream.pointee.avail_out == 0 || stream.pointee.avail_in > 0)
        }
        // Z_BUF_ERROR only says that there was nothing to do.
        guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
            throw CompressionError(message: "deflate failed with \(status)")
        }
        return output
    }
}
