/// What an HTTP server answered.
public struct HTTPResponse: Sendable {
    /// The status code.
    public var status: Int
    /// The header fields in their order, names as sent.
    public var headers: [(name: String, value: String)]
    /// The body, chunks joined, not decompressed.
    public var body: [UInt8]

    /// The body as text; bytes that are not UTF-8 are replaced.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The first value of a header field, whatever the case of its name.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// Puts a response together from the bytes as they come.
struct HTTPResponseParser {
    private var bytes: [UInt8] = []
    private var head: (status: Int, headers: [(name: String, value: String)], bodyStart: Int)?
    private let hasBody: Bool

    init(method: String) {
        hasBody = method != "HEAD"
    }

    /// Takes more bytes; empty means that the server closed the connection.
    ///
    /// - Returns: The response when it is complete.
    mutating func feed(_ more: ArraySlice<UInt8>) throws -> HTTPResponse? {
        bytes += more
        if head == nil { head = try parseHead() }
        guard let head else {
            if more.isEmpty { throw TestSupportError("the connection was closed before the end of the headers") }
            return nil
        }
        func field(_ name: String) -> String? { head.headers.first { $0.name.lowercased() == name }?.value }
        func response(_ body: some Sequence<UInt8>) -> HTTPResponse {
            HTTPResponse(status: head.status, headers: head.headers, body: Array(body))
        }
        if !hasBody || head.status == 204 || head.status == 304 { return response([]) }
        let body = bytes[head.bodyStart...]
        if field("transfer-encoding")?.lowercased() == "chunked" {
            if body.suffix(5).elementsEqual("0\r\n\r\n".utf8), let joined = try Self.joinChunks(body) {
                return response(joined)
            }
        } else if let length = field("content-length") {
            guard let length = Int(length), length >= 0 else { throw TestSupportError("Content-Length: \(length)") }
            if body.count >= length { return response(body.prefix(length)) }
        } else if more.isEmpty {
            return response(body)
        }
        if more.isEmpty { throw TestSupportError("the connection was closed after \(body.count) bytes of the body") }
        return nil
    }

    private func parseHead() throws -> (Int, [(name: String, value: String)], Int)? {
        let end = Array("\r\n\r\n".utf8)
        guard let range = bytes.firstRange(of: end) else {
            if bytes.count > 1 << 20 { throw TestSupportError("the headers are longer than 1 MiB") }
            return nil
        }
        var lines = String(decoding: bytes[..<range.lowerBound], as: UTF8.self).split(separator: "\r\n")[...]
        let first = lines.popFirst()?.split(separator: " ", maxSplits: 2) ?? []
        guard first.count >= 2, first[0].hasPrefix("HTTP/1."), let status = Int(first[1]) else {
            throw TestSupportError("not an HTTP response: \(String(decoding: bytes.prefix(80), as: UTF8.self))")
        }
        let headers = lines.map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? parts[1] : ""
            return (name: String(parts[0]), value: String(value.trimmed))
        }
        return (status, headers, range.upperBound)
    }

    /// Nil if the last chunk is not there yet.
    private static func joinChunks(_ body: ArraySlice<UInt8>) throws -> [UInt8]? {
        var rest = body
        var joined: [UInt8] = []
        while let end = rest.firstRange(of: Array("\r\n".utf8)) {
            let line = String(decoding: rest[..<end.lowerBound], as: UTF8.self)
            guard let size = Int(line.prefix { $0 != ";" }.trimmed, radix: 16), size >= 0, size < 1 << 30 else {
                throw TestSupportError("not a chunk: \(line.prefix(40))")
            }
            if size == 0 { return joined }
            guard rest.endIndex - end.upperBound >= size + 2 else { return nil }
            joined += rest[end.upperBound..<end.upperBound + size]
            rest = rest[(end.upperBound + size + 2)...]
        }
        return nil
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return text
    }
}
