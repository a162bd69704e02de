import CCurl

/// A URL as libcurl reads it, so that what is checked is what is used.
struct HTTPAddress: Sendable, Hashable {
    /// `http` or `https`.
    let scheme: String
    /// The host; an IPv6 address is in brackets.
    let host: String
    let port: UInt16
    /// The whole URL, without a fragment.
    let text: String

    var isEncrypted: Bool { scheme == "https" }

    /// The host without brackets.
    var bareHost: String { host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host }

    /// What `Host` says: the port only where it is not the scheme's own.
    var authority: String { port == (isEncrypted ? 443 : 80) ? host : "\(host):\(port)" }

    /// Whether two addresses are the same server: only such a one gets the credentials.
    func isSameOrigin(as other: HTTPAddress) -> Bool {
        scheme == other.scheme && port == other.port && HTTPHeaders.isSame(host, other.host)
    }

    init(_ text: String) throws(HTTPError) {
        try self.init(text, base: nil)
    }

    /// The address that a `Location` means.
    func resolving(_ location: String) throws(HTTPError) -> HTTPAddress {
        try HTTPAddress(location, base: self.text)
    }

    /// The same address with another host in it.
    func replacingHost(by name: String) throws(HTTPError) -> HTTPAddress {
        let handle = try Handle()
        try handle.set(CURLUPART_URL, text)
        try handle.set(CURLUPART_HOST, name.contains(":") ? "[\(name)]" : name)
        return try HTTPAddress(handle)
    }

    private init(_ text: String, base: String?) throws(HTTPError) {
        // libcurl ends a text at a zero byte.
        guard !text.utf8.contains(0) else { throw HTTPError(code: .badRequest, message: "the URL has a zero byte") }
        let handle = try Handle()
        if let base { try handle.set(CURLUPART_URL, base) }
        try handle.set(CURLUPART_URL, text)
        try handle.set(CURLUPART_FRAGMENT, nil)
        try self.init(handle)
    }

    private init(_ handle: Handle) throws(HTTPError) {
        let scheme = try handle.get(CURLUPART_SCHEME)
        guard scheme == "http" || scheme == "https" else {
            throw HTTPError(code: .badRequest, message: "the URL is not http or https")
        }
        self.scheme = scheme
        host = try handle.get(CURLUPART_HOST)
        guard host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw HTTPError(code: .badRequest, message: "the URL's host has letters that are not ASCII")
        }
        guard let port = UInt16(try handle.get(CURLUPART_PORT)), port > 0 else {
            throw HTTPError(code: .badRequest, message: "the URL's port is not from 1 to 65535")
        }
        self.port = port
        text = try handle.get(CURLUPART_URL)
    }

    /// Owns libcurl's parsed URL.
    private final class Handle {
        private let url: OpaquePointer

        init() throws(HTTPError) {
            guard CurlLibrary.isReady, let url = curl_url() else {
                throw HTTPError(code: .system, message: "libcurl cannot be set up")
            }
            self.url = url
        }

        deinit { curl_url_cleanup(url) }

        func set(_ part: CURLUPart, _ text: String?) throws(HTTPError) {
            let code = curl_url_set(url, part, text, UInt32(CURLU_DISALLOW_USER))
            guard code != CURLUE_OK else { return }
            if code == CURLUE_USER_NOT_ALLOWED {
                throw HTTPError(
                    code: .badRequest,
                    message: "the URL has credentials; they belong in the authentication"
                )
            }
            let reason = String(cString: curl_url_strerror(code))
            throw HTTPError(code: .badRequest, message: "not a URL: \(reason)")
        }

        func get(_ part: CURLUPart) throws(HTTPError) -> String {
            var text: UnsafeMutablePointer<CChar>?
            let code = curl_url_get(url, part, &text, UInt32(CURLU_DEFAULT_PORT))
            defer { curl_free(text) }
            guard code == CURLUE_OK, let text else {
                throw HTTPError(code: .badRequest, message: "not a URL: \(String(cString: curl_url_strerror(code)))")
            }
            // The default port is no part of a URL as a whole.
            return String(cString: text)
        }
    }
}
