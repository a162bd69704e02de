import Crypto

/// The random key of one installation, with which secrets enter hashes.
///
/// Without it, a hash that is shown to the world could be compared with the hashes of guessed passwords.
public struct InstallationKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let key: SymmetricKey

    /// How many bytes a key has.
    static let length = 32

    /// Makes a new key, for tests or for a run that keeps nothing.
    public init() {
        key = SymmetricKey(size: .bits256)
    }

    init?(hexadecimal text: String) {
        let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == text.utf8.count, digits.count == Self.length * 2 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            bytes.append(UInt8(digits[index] << 4 | digits[index + 1]))
        }
        key = SymmetricKey(data: bytes)
    }

    var hexadecimal: String { key.withUnsafeBytes { Hexadecimal.text($0) } }

    /// Always `<key>`.
    public var description: String { "<key>" }

    /// Always `<key>`.
    public var debugDescription: String { "<key>" }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Bytes as hexadecimal digits.
enum Hexadecimal {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
