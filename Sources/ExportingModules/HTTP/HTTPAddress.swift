/// The address of a server as it is configured: `http` or `https`, a host, and perhaps a port, a path and a query.
struct HTTPAddress: Sendable, Hashable {
    /// What comes before the query, without a `/` at the end.
    let base: String
    /// What comes after the question mark; nil if there is none.
    let query: String?

    /// Reads an address.
    ///
    /// - Parameter isEndpoint: Whether it is the whole address of an endpoint, which may have a query and end with a `/`.
    /// - Throws: ``Problem`` in words.
    init(_ text: String, isEndpoint: Bool) throws(Problem) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw Problem("has a blank, a control character or one beyond ASCII: encode it as %XX")
        }
        let scheme = text.prefix { $0 != ":" }.lowercased()
        guard ["http", "https"].contains(scheme), text.dropFirst(scheme.utf8.count).hasPrefix("://") else {
            throw Problem("does not begin with http:// or https://")
        }
        guard !text.contains("#") else { throw Problem("has a fragment (#), which is never sent") }
        let rest = text.dropFirst(scheme.utf8.count + 3)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else {
            throw Problem("has a user name in it: use the parameters for the user name and the password")
        }
        guard !Self.host(authority).isEmpty else { throw Problem("has no host") }
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard isEndpoint || parts.count == 1 else { throw Problem("has a query; the module makes its own") }
        var base = String(parts[0])
        if !isEndpoint { while base.hasSuffix("/") { base.removeLast() } }
        self.base = base
        query = parts.count > 1 ? String(parts[1]) : nil
    }

    /// The whole address as it was configured.
    var url: String { base + (query.map { "?\($0)" } ?? "") }

    /// The address of something below this one.
    func url(_ path: String, query: [(name: String, value: String)] = []) -> String {
        let pairs = query.map { "\($0.name.percentEncoded)=\($0.value.percentEncoded)" }
        return base + path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
    }

    /// What is wrong with an address.
    struct Problem: Error, Hashable {
        let message: String

        init(_ message: String) {
            self.message = message
        }
    }

    private static func host(_ authority: Substring) -> Substring {
        guard authority.hasPrefix("[") else { return authority.prefix { $0 != ":" } }
        return authority.dropFirst().prefix { $0 != "]" }
    }
}
