import CZlib

/// Compressed bodies.
enum GzipBody {
    /// The bytes in gzip's format (RFC 1952); nil if zlib refuses, which it does only without memory.
    static func compress(_ bytes: [UInt8], level: Int32 = 1) -> [UInt8]? {
        var stream = z_stream()
        guard muster_deflate_init_gzip(&stream, level) == Z_OK, let size = UInt32(exactly: bytes.count) else {
            return nil
        }
        defer { deflateEnd(&stream) }
        var result = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(size))))
        guard let room = UInt32(exactly: result.count) else { return nil }
        var input = bytes
        let status = input.withUnsafeMutableBufferPointer { input in
            result.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = size
                stream.next_out = output.baseAddress
                stream.avail_out = room
                return deflate(&stream, Z_FINISH)
            }
        }
        guard status == Z_STREAM_END else { return nil }
        result.removeLast(Int(stream.avail_out))
        return result
    }
}
