/// An address as people write it, with or without a port: `db`, `db:5432`, `10.0.0.5:5432`, `::1`, `[::1]:5432`, `/run/x`.
struct HostPort: Hashable {
    var host: String
    var port: Int?

    /// Splits a text.
    ///
    /// - Throws: ``Fault`` if what follows the last colon is no port, or a bracket is not closed.
    init(_ text: String) throws(Fault) {
        port = nil
        host = text
        // A path or a URL is an address as it stands.
        if text.utf8.contains(UInt8(ascii: "/")) { return }
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw Fault(message: "\"[\" without \"]\"") }
            host = String(text[text.index(after: text.startIndex)..<end])
            let rest = text[text.index(after: end)...]
            if rest.isEmpty { return }
            guard rest.hasPrefix(":") else { throw Fault(message: "expected \":\" and a port after \"]\"") }
            port = try Self.port(rest.dropFirst())
        } else if let colon = text.firstIndex(of: ":"), colon == text.lastIndex(of: ":") {
            host = String(text[..<colon])
            port = try Self.port(text[text.index(after: colon)...])
        }
    }

    struct Fault: Error {
        var message: String
    }

    private static func port(_ text: Substring) throws(Fault) -> Int {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(text),
            ServiceRules.ports.contains(port)
        else { throw Fault(message: "expected a port from 1 to 65535, found \"\(text.prefix(40))\"") }
        return port
    }
}
