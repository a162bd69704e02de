/// Where a redirect leads, and what may go there.
enum HTTPRedirect {
    /// How many are followed.
    static let maximum = 5

    /// The request that follows an answer; nil if the answer is the last one.
    ///
    /// - Throws: ``HTTPError`` if it leads where it must not.
    static func next(
        after response: HTTPResponse,
        to request: HTTPRequest,
        at address: HTTPAddress
    ) throws(HTTPError) -> (HTTPRequest, HTTPAddress)? {
        guard request.followsRedirects, [301, 302, 303, 307, 308].contains(response.status),
            let location = response.headers.first("location")
        else { return nil }
        let target: HTTPAddress
        do {
            target = try address.resolving(location)
        } catch {
            throw HTTPError(code: .protocolViolation, message: "\(request): the redirect is refused: \(error.message)")
        }
        var next = request
        next.url = target.text
        if response.status == 303 && request.method != "HEAD"
            || [301, 302].contains(response.status) && request.method == "POST"
        {
            next.method = "GET"
            next.body = []
            next.headers.removeAll { $0.name.lowercased().hasPrefix("content-") }
        }
        guard !target.isSameOrigin(as: address) else { return (next, target) }
        guard request.unixSocket == nil else {
            throw HTTPError(code: .protocolViolation, message: "\(request): a redirect leads away from the Unix socket")
        }
        next.authentication = nil
        next.tls.certificateFile = nil
        next.tls.keyFile = nil
        next.tls.serverName = nil
        // Which other headers are secrets, nobody knows.
        next.headers.removeAll { header in !harmless.contains { HTTPHeaders.isSame($0, header.name) } }
        return (next, target)
    }

    private static let harmless = [
        "accept", "accept-encoding", "accept-language", "content-encoding", "content-type", "user-agent",
    ]
}
