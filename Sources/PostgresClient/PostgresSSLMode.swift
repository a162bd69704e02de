/// How much a connection is protected; libpq's `sslmode`.
public enum PostgresSSLMode: String, Sendable, Hashable, CaseIterable {
    /// Not at all.
    case disable
    /// Encrypted only if the server insists.
    case allow
    /// Encrypted if the server can.
    case prefer
    /// Always encrypted, whoever the server is.
    case require
    /// Encrypted, and the server's certificate is signed by a known authority.
    case verifyCA = "verify-ca"
    /// Encrypted, and the certificate is the host's.
    case verifyFull = "verify-full"
}
