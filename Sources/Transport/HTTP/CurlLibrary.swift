import CCurl

/// What holds for libcurl as a whole.
enum CurlLibrary {
    /// Whether libcurl can be used. Its set-up, the only state that all clients of the process share, happens once, when
    /// this is read first; it is never undone, because other code of the process may use libcurl too.
    static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// The compressions that can be asked for: gzip and zstd as far as this libcurl was built with them.
    static let encodings: String? = {
        let features = muster_curl_version()?.pointee.features ?? 0
        var names: [String] = []
        if Int(features) & Int(CURL_VERSION_LIBZ) != 0 { names.append("gzip") }
        if Int(features) & Int(CURL_VERSION_ZSTD) != 0 { names.append("zstd") }
        return names.isEmpty ? nil : names.joined(separator: ", ")
    }()

    /// What a code means, in libcurl's words.
    static func text(of code: CURLcode) -> String {
        code == CURLE_OUT_OF_MEMORY ? "a header is too long" : String(cString: curl_easy_strerror(code))
    }
}

extension HTTPError.Code {
    /// The kind of failure that a code of libcurl is.
    init(_ code: CURLcode) {
        switch code {
        case CURLE_URL_MALFORMAT: self = .badRequest
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .resolution
        case CURLE_OPERATION_TIMEDOUT: self = .timedOut
        // libcurl says so when a header is longer than it takes; Swift would not survive the other meaning.
        case CURLE_FILESIZE_EXCEEDED, CURLE_OUT_OF_MEMORY: self = .tooLarge
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_PEER_FAILED_VERIFICATION, CURLE_USE_SSL_FAILED, CURLE_SSL_ENGINE_INITFAILED,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
            CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT:
            self = .tls
        // With "http" and "https" allowed, this is what it says of an answer without a status line.
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP2,
            CURLE_HTTP2_STREAM, CURLE_AUTH_ERROR, CURLE_RANGE_ERROR, CURLE_TOO_MANY_REDIRECTS:
            self = .protocolViolation
        case CURLE_COULDNT_CONNECT, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE,
            CURLE_INTERFACE_FAILED, CURLE_PROXY, CURLE_SSL_SHUTDOWN_FAILED, CURLE_NO_CONNECTION_AVAILABLE:
            self = .connection
        default: self = .system
        }
    }
}
