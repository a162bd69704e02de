import CCurl

/// One exchange and all that libcurl needs for it. Lives where ``HTTPTransfers`` does.
final class HTTPTransfer {
    let id: UInt64
    let exchange: HTTPExchange
    let continuation: CheckedContinuation<HTTPResponse, any Error>
    private var collector: HTTPCollector
    /// Set while libcurl works on it.
    private(set) var easy: OpaquePointer?
    private var lists: [UnsafeMutablePointer<curl_slist>] = []
    private let errorText = UnsafeMutableBufferPointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    /// How long the authorities that were read from a file are used before they are read again.
    private static let authorityAge = 300

    init(
        id: UInt64,
        exchange: HTTPExchange,
        continuation: CheckedContinuation<HTTPResponse, any Error>,
        configuration: HTTPClient.Configuration
    ) {
        self.id = id
        self.exchange = exchange
        self.continuation = continuation
        collector = HTTPCollector(
            maximumBody: exchange.maximumBody,
            keepsTruncatedBody: exchange.keepsTruncatedBody,
            maximumHeaderBytes: configuration.maximumHeaderBytes,
            maximumHeaderCount: configuration.maximumHeaderCount
        )
        errorText.initialize(repeating: 0)
    }

    deinit {
        for list in lists { curl_slist_free_all(list) }
        errorText.deallocate()
    }

    /// Takes the handle back. libcurl must not work on it any more.
    func takeEasy() -> OpaquePointer? {
        defer { easy = nil }
        return easy
    }

    /// What the end of the transfer means.
    func outcome(_ code: CURLcode) -> Result<HTTPResponse, any Error> {
        if let failure = collector.failure { return .failure(failure.naming(exchange)) }
        if code == CURLE_OK, collector.isInHeaders {
            // libcurl lets this pass, but half of the headers may be all that a server said before it died.
            let message = "the connection was closed before the end of the headers"
            return .failure(HTTPError(code: .connection, message: message).naming(exchange))
        }
        if code == CURLE_OK || collector.isTruncated {
            let status = easy.map { muster_curl_get_long($0, CURLINFO_RESPONSE_CODE) } ?? 0
            if status > 0 { return .success(collector.finish(status: status)) }
            return .failure(HTTPError(code: .protocolViolation, message: "the answer has no status").naming(exchange))
        }
        let text = errorText.baseAddress.map { String(cString: $0) } ?? ""
        let message = text.isEmpty ? CurlLibrary.text(of: code) : text
        return .failure(HTTPError(code: HTTPError.Code(code), message: message).naming(exchange))
    }

    /// Makes a handle ready to be run.
    ///
    /// - Parameter easy: A new handle, or one that was reset.
    /// - Throws: ``HTTPError`` if libcurl refuses; the handle is kept then too, see ``takeEasy()``.
    func prepare(_ easy: OpaquePointer, userAgent: String) throws(HTTPError) {
        self.easy = easy
        let options = CurlOptions(easy: easy)
        muster_curl_set_error_buffer(easy, errorText.baseAddress)
        setCallbacks(easy)
        try options.set(CURLOPT_URL, exchange.url)
        try options.set(CURLOPT_PROTOCOLS_STR, "http,https")
        try options.set(CURLOPT_NOSIGNAL, 1)
        try options.set(CURLOPT_HTTP_VERSION, Int(MUSTER_CURL_HTTP_VERSION))
        try options.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        try options.set(CURLOPT_CONNECTTIMEOUT_MS, max(1, exchange.connectTimeout.wholeMilliseconds))
        if !exchange.hasUserAgent, !userAgent.isEmpty { try options.set(CURLOPT_USERAGENT, userAgent) }
        if exchange.acceptsCompression, let encodings = CurlLibrary.encodings {
            try options.set(CURLOPT_ACCEPT_ENCODING, encodings)
        }
        try options.set(CURLOPT_HTTPHEADER, list(exchange.headerLines))
        try setWay(options)
        try setMethod(easy, options)
        try setAuthentication(options)
        if exchange.address.isEncrypted || exchange.proxy != nil { try setTLS(easy, options) }
    }

    private func setCallbacks(_ easy: OpaquePointer) {
        // The transfer outlives its use by libcurl: it is kept until the handle has been taken out.
        let context = Unmanaged.passUnretained(self).toOpaque()
        muster_curl_on_header(
            easy,
            { bytes, size, count, context in
                HTTPTransfer.take(bytes, size, count, context) { $0.collector.takeHeader($1) }
            },
            context
        )
        muster_curl_on_body(
            easy,
            { bytes, size, count, context in
                HTTPTransfer.take(bytes, size, count, context) { $0.collector.takeBody($1) }
            },
            context
        )
        muster_curl_set_close_on_exec(easy)
        muster_curl_set_quick_exit(easy)
    }

    /// - Returns: How many bytes were taken; any other number than all ends the transfer.
    private static func take(
        _ bytes: UnsafeMutablePointer<CChar>?,
        _ size: Int,
        _ count: Int,
        _ context: UnsafeMutableRawPointer?,
        _ body: (HTTPTransfer, UnsafeRawBufferPointer) -> Bool
    ) -> Int {
        // libcurl says that the size is always 1.
        let (total, isOverflow) = size.multipliedReportingOverflow(by: count)
        guard let context, !isOverflow, total >= 0 else { return -1 }
        let transfer = Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue()
        return body(transfer, UnsafeRawBufferPointer(start: bytes, count: total)) ? total : -1
    }

    /// Which way the connection goes.
    private func setWay(_ options: CurlOptions) throws(HTTPError) {
        // Set, they keep libcurl from looking at the environment.
        try options.set(CURLOPT_PROXY, exchange.proxy?.text ?? "")
        try options.set(CURLOPT_NOPROXY, "")
        if let path = exchange.unixSocket { try options.set(CURLOPT_UNIX_SOCKET_PATH, path) }
        if let connectTo = exchange.connectTo { try options.set(CURLOPT_CONNECT_TO, list([connectTo])) }
        if let resolution = exchange.resolution { try options.set(CURLOPT_RESOLVE, list([resolution])) }
    }

    private func setMethod(_ easy: OpaquePointer, _ options: CurlOptions) throws(HTTPError) {
        let method = exchange.method
        if method == "HEAD" { return try options.set(CURLOPT_NOBODY, 1) }
        let hasBody = !exchange.body.isEmpty || ["POST", "PUT", "PATCH"].contains(method)
        if hasBody {
            try options.set(CURLOPT_POST, 1)
            let code = exchange.body.withUnsafeBytes { muster_curl_copy_body(easy, $0.baseAddress, $0.count) }
            try options.check(code)
        }
        if method != (hasBody ? "POST" : "GET") { try options.set(CURLOPT_CUSTOMREQUEST, method) }
    }

    private func setAuthentication(_ options: CurlOptions) throws(HTTPError) {
        switch exchange.authentication?.kind {
        case .basic(let user, let password):
            try options.set(CURLOPT_HTTPAUTH, muster_curl_auth_basic())
            try options.set(CURLOPT_USERNAME, user)
            try options.set(CURLOPT_PASSWORD, password)
        case .digest(let user, let password):
            try options.set(CURLOPT_HTTPAUTH, muster_curl_auth_digest())
            try options.set(CURLOPT_USERNAME, user)
            try options.set(CURLOPT_PASSWORD, password)
        case .bearer, nil: break
        }
    }

    private func setTLS(_ easy: OpaquePointer, _ options: CurlOptions) throws(HTTPError) {
        let tls = exchange.tls
        try options.set(CURLOPT_SSLVERSION, Int(MUSTER_CURL_SSLVERSION_TLSv1_2))
        try options.set(CURLOPT_PROXY_SSLVERSION, Int(MUSTER_CURL_SSLVERSION_TLSv1_2))
        // Without the folder nothing but the file is trusted, and what was read is used for more than one connection.
        try options.set(CURLOPT_CAPATH, String?.none)
        muster_curl_set_authority_age(easy, Self.authorityAge)
        if let file = tls.caFile { try options.set(CURLOPT_CAINFO, file) }
        try options.set(CURLOPT_SSL_VERIFYPEER, tls.verifies ? 1 : 0)
        try options.set(CURLOPT_SSL_VERIFYHOST, tls.verifies ? 2 : 0)
        guard let certificate = tls.certificateFile else { return }
        try options.set(CURLOPT_SSLCERT, certificate)
        try options.set(CURLOPT_SSLKEY, tls.keyFile ?? certificate)
        // Otherwise OpenSSL would ask for the password of an encrypted key at the terminal.
        try options.set(CURLOPT_KEYPASSWD, "")
    }

    /// A list for libcurl, which lives as long as the transfer.
    private func list(_ lines: [String]) -> UnsafeMutablePointer<curl_slist>? {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = curl_slist_append(list, line) else { break }
            list = longer
        }
        if let list { lists.append(list) }
        return list
    }
}
