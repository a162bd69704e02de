import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    /// Plain text.
    static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        body(ByteBuffer(string: text), type: "text/plain; charset=utf-8", status: status)
    }

    /// A page that may load nothing and be framed nowhere.
    static func html(_ text: String) -> Response {
        var response = body(ByteBuffer(string: text), type: "text/html; charset=utf-8", status: .ok)
        if let policy = HTTPField.Name("Content-Security-Policy") {
            response.headers[policy] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        }
        return response
    }

    /// JSON in snake case with sorted keys, so that two answers can be compared.
    static func json(_ value: some Encodable) throws -> Response {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "+Inf",
            negativeInfinity: "-Inf",
            nan: "NaN"
        )
        var buffer = ByteBuffer()
        buffer.writeBytes(try encoder.encode(value))
        buffer.writeString("\n")
        return body(buffer, type: "application/json", status: .ok)
    }

    private static func body(_ buffer: ByteBuffer, type: String, status: HTTPResponse.Status) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = type
        headers[.cacheControl] = "no-store"
        headers[.xContentTypeOptions] = "nosniff"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: buffer))
    }
}

extension Request {
    /// Whether the request comes from no page at all (curl) or from a page of this server. A browser names the page's
    /// origin with every POST, so that other sites cannot make a visitor's browser change anything here.
    var isSameOrigin: Bool {
        guard let origin = headers[.origin] else { return true }
        guard let authority = head.authority, let slashes = origin.firstRange(of: "//") else { return false }
        return origin[slashes.upperBound...] == authority
    }
}
