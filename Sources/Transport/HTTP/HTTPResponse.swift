/// What a server answered. Any status is an answer.
public struct HTTPResponse: Sendable {
    /// The status, such as 200.
    public var status: Int
    /// The header fields; those of redirects and of other answers before the last one are left out.
    public var headers: HTTPHeaders
    /// The body, decompressed.
    public var body: [UInt8]
    /// Whether the body was longer than wanted and has been cut; see ``HTTPRequest/keepsTruncatedBody``.
    public var isTruncated: Bool

    /// Creates an answer.
    public init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = [], isTruncated: Bool = false) {
        self.status = status
        self.headers = headers
        self.body = body
        self.isTruncated = isTruncated
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// Whether the status is one of success: 200 to 299.
    public var isSuccess: Bool { (200..<300).contains(status) }
}
