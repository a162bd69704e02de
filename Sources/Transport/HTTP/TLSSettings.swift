/// How `https` connections are made. At least TLS 1.2 is spoken.
public struct TLSSettings: Sendable, Hashable {
    /// A PEM file with the authorities to trust instead of the system's.
    public var caFile: String?
    /// A PEM file with the certificate that the client shows, and what leads to its authority.
    public var certificateFile: String?
    /// A PEM file with the key of that certificate, if it is not in the same file. It must not be encrypted.
    public var keyFile: String?
    /// The name that the server's certificate must have, and that is sent to the server (SNI), instead of the URL's host.
    public var serverName: String?
    /// Whether the server's certificate must be valid and have the right name.
    public var verifies: Bool

    /// Creates settings; the defaults trust the system's authorities.
    public init(
        caFile: String? = nil,
        certificateFile: String? = nil,
        keyFile: String? = nil,
        serverName: String? = nil,
        verifies: Bool = true
    ) {
        self.caFile = caFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.serverName = serverName
        self.verifies = verifies
    }
}
