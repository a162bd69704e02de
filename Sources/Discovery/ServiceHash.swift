/// A digest of everything that decides how a service's exporter connects and what it collects.
///
/// It is stable across restarts of one installation. Secrets enter it only keyed with a random key of the installation,
/// so that a hash which is shown to the world cannot serve to test guesses.
public struct ServiceHash: Sendable, Hashable, CustomStringConvertible {
    /// The first 128 bits of the digest, as 32 hexadecimal digits.
    public let description: String

    /// Wraps digits that were made before.
    public init(_ description: String) {
        self.description = description
    }
}
