/// Compresses a body piece by piece, so that memory does not grow with the page.
protocol Compressor {
    /// Compresses one more piece; what comes out may be empty.
    ///
    /// - Throws: ``CompressionError``.
    func compress(_ chunk: [UInt8]) throws(CompressionError) -> [UInt8]

    /// Ends the body and returns its last bytes.
    ///
    /// - Throws: ``CompressionError``.
    func finish() throws(CompressionError) -> [UInt8]
}

/// The compression library refused to go on; it names the call.
struct CompressionError: Error {
    var message: String
}
