import CSnappy

/// Bodies in snappy's block format (https://github.com/google/snappy/blob/main/format_description.txt), which remote
/// write asks for.
enum SnappyBlock {
    /// The bytes compressed; nil if there are more than snappy can take, 4 GiB.
    static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        guard UInt32(exactly: bytes.count) != nil else { return nil }
        var length = snappy_max_compressed_length(bytes.count)
        var isDone = false
        let result = [UInt8](unsafeUninitializedCapacity: length) { output, count in
            bytes.withUnsafeBytes { input in
                output.withMemoryRebound(to: CChar.self) { output in
                    let source = input.baseAddress?.assumingMemoryBound(to: CChar.self)
                    isDone = snappy_compress(source, input.count, output.baseAddress, &length) == SNAPPY_OK
                }
            }
            count = isDone ? length : 0
        }
        return isDone ? result : nil
    }
}
