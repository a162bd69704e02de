/// How a request proves who sends it. Its secrets are in no description, dump or error.
public struct HTTPAuthentication: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case basic(user: String, password: String)
        case bearer(token: String)
        case digest(user: String, password: String)
    }

    let kind: Kind

    /// A name and a password with every request (RFC 7617). The name has no colon.
    public static func basic(user: String, password: String) -> HTTPAuthentication {
        HTTPAuthentication(kind: .basic(user: user, password: password))
    }

    /// A token with every request (RFC 6750).
    public static func bearer(token: String) -> HTTPAuthentication {
        HTTPAuthentication(kind: .bearer(token: token))
    }

    /// A name and a password of which only digests are sent, after the server has asked (RFC 7616).
    public static func digest(user: String, password: String) -> HTTPAuthentication {
        HTTPAuthentication(kind: .digest(user: user, password: password))
    }
}

extension HTTPAuthentication: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Which kind it is, without the secrets.
    public var description: String {
        switch kind {
        case .basic: "basic authentication"
        case .bearer: "bearer authentication"
        case .digest: "digest authentication"
        }
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Nothing, so that a dump shows no secrets.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
