/// Puts an answer together from what libcurl hands over, within bounds.
struct HTTPCollector {
    private let maximumBody: Int
    private let keepsTruncatedBody: Bool
    private let maximumHeaderBytes: Int
    private let maximumHeaderCount: Int

    private var headers = HTTPHeaders()
    private var headerBytes = 0
    private var headerCount = 0
    /// A status line came, and not yet the empty line after the headers.
    private(set) var isInHeaders = false
    private var body: [UInt8] = []
    private(set) var isTruncated = false
    /// Why nothing more was taken.
    private(set) var failure: HTTPError?

    init(maximumBody: Int, keepsTruncatedBody: Bool, maximumHeaderBytes: Int, maximumHeaderCount: Int) {
        self.maximumBody = max(0, maximumBody)
        self.keepsTruncatedBody = keepsTruncatedBody
        self.maximumHeaderBytes = maximumHeaderBytes
        self.maximumHeaderCount = maximumHeaderCount
    }

    /// Takes a header line with its end, a status line or the empty line. The bounds count all answers of one exchange
    /// together: interim ones (1xx), and the one that asks for a digest.
    ///
    /// - Returns: Whether to go on.
    mutating func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        headerBytes += line.count
        guard headerBytes <= maximumHeaderBytes else {
            return fail("the headers of the answer are longer than \(maximumHeaderBytes) bytes")
        }
        let text = Self.trimmed(line)
        if !isInHeaders {
            // After the body come trailers, which nobody asked for.
            guard body.isEmpty, text.starts(with: "HTTP/".utf8) else { return true }
            isInHeaders = true
            headers = HTTPHeaders()
            return true
        }
        if text.isEmpty {
            isInHeaders = false
            return true
        }
        headerCount += 1
        guard headerCount <= maximumHeaderCount else {
            return fail("the answer has more than \(maximumHeaderCount) header fields")
        }
        if let first = line.first, Self.isBlank(first) {
            headers.continueLast(with: String(decoding: text, as: UTF8.self))
        } else if let colon = text.firstIndex(of: UInt8(ascii: ":")) {
            let name = UnsafeRawBufferPointer(rebasing: text[..<colon])
            let value = UnsafeRawBufferPointer(rebasing: text[(colon + 1)...])
            let field = HTTPHeader(
                String(decoding: Self.trimmed(name), as: UTF8.self),
                String(decoding: Self.trimmed(value), as: UTF8.self)
            )
            if body.isEmpty, HTTPHeaders.isSame(field.name, "content-length"), let length = Int(field.value) {
                body.reserveCapacity(min(max(0, length), maximumBody, 1 << 20))
            }
            headers.append(field)
        }
        return true
    }

    /// Takes a piece of the decompressed body.
    ///
    /// - Returns: Whether to go on.
    mutating func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let space = maximumBody - body.count
        if bytes.count <= space {
            body.append(contentsOf: bytes)
            return true
        }
        guard keepsTruncatedBody else {
            body = []
            return fail("the body of the answer is longer than \(maximumBody) bytes")
        }
        body.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes.prefix(space)))
        isTruncated = true
        return false
    }

    /// The answer.
    mutating func finish(status: Int) -> HTTPResponse {
        defer { body = [] }
        return HTTPResponse(status: status, headers: headers, body: body, isTruncated: isTruncated)
    }

    private mutating func fail(_ message: String) -> Bool {
        if failure == nil { failure = HTTPError(code: .tooLarge, message: message) }
        return false
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    /// The bytes without blanks and line ends around them; indices begin at 0.
    private static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        func isSpace(_ byte: UInt8) -> Bool {
            isBlank(byte) || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
        }
        guard let start = bytes.firstIndex(where: { !isSpace($0) }),
            let end = bytes.lastIndex(where: { !isSpace($0) })
        else { return UnsafeRawBufferPointer(rebasing: bytes[..<0]) }
        return UnsafeRawBufferPointer(rebasing: bytes[start...end])
    }
}
