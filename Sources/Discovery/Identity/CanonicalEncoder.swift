import Crypto
import Settings

/// Writes values so that different values can never give the same bytes: every value has a tag and its length before
/// it, and mappings are sorted by key.
///
/// Secrets enter as a code that only the installation's key can make.
struct CanonicalEncoder {
    private enum Tag: UInt8 {
        case null = 0
        case text = 1
        case sequence = 2
        case mapping = 3
        case secret = 4
    }

    private(set) var bytes: [UInt8] = []
    private let key: SymmetricKey

    init(key: InstallationKey) {
        self.key = key.key
        bytes.reserveCapacity(512)
    }

    mutating func append(_ text: String) {
        begin(.text, count: text.utf8.count)
        bytes += text.utf8
    }

    mutating func append(_ number: Int?) {
        if let number { append(String(number)) } else { begin(.null, count: 0) }
    }

    mutating func append(_ secret: Secret) {
        let code = HMAC<SHA256>.authenticationCode(for: Array(secret.reveal().utf8), using: key)
        begin(.secret, count: SHA256.byteCount)
        bytes += code
    }

    /// Whether a scalar was in quotes makes no difference, and a key without a value is as one that is not there.
    mutating func append(_ node: SettingsNode) {
        switch node.content {
        case .null: begin(.null, count: 0)
        case .scalar(let text, _): append(text)
        case .secret(let secret): append(secret)
        case .sequence(let items):
            begin(.sequence, count: items.count)
            for item in items { append(item) }
        case .mapping(let entries):
            let entries = entries.filter { !$0.value.isNull }.sorted { $0.key < $1.key }
            begin(.mapping, count: entries.count)
            for entry in entries {
                append(entry.key)
                append(entry.value)
            }
        }
    }

    private mutating func begin(_ tag: Tag, count: Int) {
        bytes.append(tag.rawValue)
        withUnsafeBytes(of: UInt64(count).bigEndian) { bytes += $0 }
    }
}
