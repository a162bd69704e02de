import CZlib
import CZstd
import TestSupport

/// Undoes what the agent's compressors do.
enum Decompressor {
    static func gzip(_ bytes: [UInt8]) throws -> String {
        var input = bytes
        var stream = z_stream()
        // 16 asks for a gzip header.
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw TestSupportError("inflateInit2 failed")
        }
        defer { inflateEnd(&stream) }
        var output: [UInt8] = []
        var status = Z_OK
        input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            while status == Z_OK {
                output += [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                    stream.next_out = buffer.baseAddress
                    stream.avail_out = UInt32(buffer.count)
                    status = inflate(&stream, Z_NO_FLUSH)
                    count = buffer.count - Int(stream.avail_out)
                }
            }
        }
        guard status == Z_STREAM_END, stream.avail_in == 0 else { throw TestSupportError("inflate: \(status)") }
        return String(decoding: output, as: UTF8.self)
    }

    static func zstd(_ bytes: [UInt8]) throws -> String {
        guard let context = ZSTD_createDCtx() else { throw TestSupportError("ZSTD_createDCtx failed") }
        defer { ZSTD_freeDCtx(context) }
        var output: [UInt8] = []
        var left = 1
        try bytes.withUnsafeBytes { bytes in
            var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
            while left != 0 {
                let before = input.pos
                var written = 0
                output += [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                    var piece = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
                    left = ZSTD_decompressStream(context, &piece, &input)
                    count = piece.pos
                    written = piece.pos
                }
                if ZSTD_isError(left) != 0 { throw TestSupportError(String(cString: ZSTD_getErrorName(left))) }
                if left != 0, written == 0, input.pos == before { throw TestSupportError("the frame is cut off") }
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
