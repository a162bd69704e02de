/// A proxy: its URL, and where that leads.
struct HTTPProxy: Sendable {
    let text: String
    let host: String
    let port: UInt16

    /// Reads `scheme://[user:password@]host:port`.
    ///
    /// Only schemes where the proxy looks the target's name up are taken, so that libcurl never has to do it.
    init(_ text: String) throws(HTTPError) {
        let schemes = ["http://", "https://", "socks5h://"]
        guard let scheme = schemes.first(where: { text.hasPrefix($0) }), !text.utf8.contains(0) else {
            throw HTTPError(code: .badRequest, message: "a proxy begins with http://, https:// or socks5h://")
        }
        // Without the credentials, and in a scheme that the reader of URLs knows.
        var authority = text.dropFirst(scheme.utf8.count).prefix { $0 != "/" }
        if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
        guard let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") else {
            throw HTTPError(code: .badRequest, message: "a proxy has a port")
        }
        let address: HTTPAddress
        do {
            address = try HTTPAddress("http://\(authority)")
        } catch {
            throw HTTPError(code: error.code, message: "the proxy: \(error.message)")
        }
        self.text = text
        host = address.bareHost
        port = address.port
    }
}
