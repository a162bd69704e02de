import CZstd

/// Zstandard at level 1, for clients that offer nothing else or prefer it.
final class ZstdCompressor: Compressor {
    private let context: OpaquePointer

    init() throws(CompressionError) {
        guard let context = ZSTD_createCCtx() else { throw CompressionError(message: "ZSTD_createCCtx failed") }
        self.context = context
        _ = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1)
    }

    deinit {
        ZSTD_freeCCtx(context)
    }

    func compress(_ chunk: [UInt8]) throws(CompressionError) -> [UInt8] {
        try run(chunk, ZSTD_e_continue)
    }

    func finish() throws(CompressionError) -> [UInt8] {
        try run([], ZSTD_e_end)
    }

    private func run(_ chunk: [UInt8], _ mode: ZSTD_EndDirective) throws(CompressionError) -> [UInt8] {
        var output: [UInt8] = []
        var failure: String?
        chunk.withUnsafeBytes { bytes in
            var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
            var isDone = false
            while !isDone, failure == nil {
                output += [UInt8](unsafeUninitializedCapacity: 32 * 1024) { buffer, count in
                    var piece = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
                    let left = ZSTD_compressStream2(context, &piece, &input, mode)
                    if ZSTD_isError(left) != 0 { failure = String(cString: ZSTD_getErrorName(left)) }
                    isDone = mode == ZSTD_e_end ? left == 0 : input.pos == input.size
                    count = piece.pos
                }
            }
        }
        if let failure { throw CompressionError(message: failure) }
        return output
    }
}
