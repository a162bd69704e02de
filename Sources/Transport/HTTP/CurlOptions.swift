import CCurl

/// Sets options of a handle, and makes refusals errors.
struct CurlOptions {
    let easy: OpaquePointer

    func set(_ option: CURLoption, _ value: String?) throws(HTTPError) {
        try check(muster_curl_set_string(easy, option, value))
    }

    func set(_ option: CURLoption, _ value: Int) throws(HTTPError) {
        try check(muster_curl_set_long(easy, option, value))
    }

    func set(_ option: CURLoption, _ list: UnsafeMutablePointer<curl_slist>?) throws(HTTPError) {
        try check(muster_curl_set_list(easy, option, list))
    }

    func check(_ code: CURLcode) throws(HTTPError) {
        guard code != CURLE_OK else { return }
        throw HTTPError(code: .system, message: "libcurl refuses an option: \(CurlLibrary.text(of: code))")
    }
}

extension Duration {
    /// The duration, from zero to a month: what can be added to any time.
    var limited: Duration { min(max(self, .zero), .seconds(31 * 86_400)) }

    /// Milliseconds, rounded up, at most those of a month.
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = limited.components
        return Int(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
