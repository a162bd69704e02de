import Transport

/// What an HTTP answer says about the records of the request, for all modules that speak HTTP.
///
/// | answer | outcome |
/// |---|---|
/// | 2xx | accepted |
/// | 3xx | sent again later: the address should be mended; the reason names the `Location` |
/// | 401, 403, 407 | sent again after 30 seconds: credentials may be mended, and nothing is lost |
/// | 404, 405 | sent again after 30 seconds: the address may be mended |
/// | 408, 429, 5xx | sent again, after `Retry-After` if there is one, 10 minutes at most |
/// | 413 | too large: sent again in halves |
/// | other 4xx | rejected, with the beginning of the answer's body as the reason |
/// | no answer | sent again |
enum HTTPOutcome {
    /// How long to wait where a person has to mend something.
    static let mendingTime = Duration.seconds(30)
    /// The longest wait that a server may ask for.
    static let longestWait = Duration.seconds(600)

    /// What an answer says.
    ///
    /// - Parameters:
    ///   - response: The answer.
    ///   - time: The time now, in milliseconds since 1970; `Retry-After` may be a date.
    static func of(_ response: HTTPResponse, at time: Int64) -> DeliveryOutcome {
        let status = response.status
        switch status {
        case 200..<300: return .accepted
        case 300..<400:
            let target = response.headers.first("Location").map { " to \(excerpt($0))" } ?? ""
            return .retry(after: mendingTime, reason: "status \(status): the server redirects\(target)")
        case 401, 403, 407: return .retry(after: mendingTime, reason: reason(response))
        case 404, 405: return .retry(after: mendingTime, reason: reason(response))
        case 408, 429, 500...:
            let wait = response.headers.first("Retry-After").flatMap { self.wait($0, at: time) }
            return .retry(after: wait, reason: reason(response))
        case 413: return .tooLarge(reason: reason(response))
        case 400..<500: return .rejected(reason: reason(response))
        default: return .retry(after: nil, reason: reason(response))
        }
    }

    /// What a failed exchange says.
    static func of(_ error: HTTPError) -> DeliveryOutcome {
        // The request is made of the configuration and of secrets: a person has to mend something.
        .retry(after: error.code == .badRequest ? mendingTime : nil, reason: excerpt(error.message))
    }

    /// Whether an answer that rejects a batch may be about some of its records only: they are searched for then.
    static func isAboutRecords(_ response: HTTPResponse) -> Bool {
        response.status == 400 || response.status == 422
    }

    /// The wait that a `Retry-After` header asks for: seconds or a date. Nil if it is neither.
    static func wait(_ text: String, at time: Int64) -> Duration? {
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            // What does not fit is longer than what is allowed, too.
            guard let seconds = Int64(text) else { return longestWait }
            return min(.seconds(seconds), longestWait)
        }
        guard let date = HTTPDate.seconds(text) else { return nil }
        let (milliseconds, overflow) = (date * 1000).subtractingReportingOverflow(time)
        guard !overflow else { return nil }
        return min(.milliseconds(max(0, milliseconds)), longestWait)
    }

    /// The status, and the beginning of the body.
    static func reason(_ response: HTTPResponse) -> String {
        let body = excerpt(String(decoding: response.body.prefix(2048), as: UTF8.self))
        return body.isEmpty ? "status \(response.status)" : "status \(response.status): \(body)"
    }

    /// The beginning of a text on one line, without anything that moves the cursor of a terminal.
    static func excerpt(_ text: String) -> String {
        var words = ""
        var count = 0
        var isBlank = true
        for scalar in text.unicodeScalars {
            let blank = scalar == " " || scalar == "\n" || scalar == "\r" || scalar == "\t"
            if blank && isBlank { continue }
            isBlank = blank
            count += 1
            if count > 300 { return LineText.visible(words) + "…" }
            words.unicodeScalars.append(blank ? " " : scalar)
        }
        if words.hasSuffix(" ") { words.removeLast() }
        return LineText.visible(words)
    }
}
