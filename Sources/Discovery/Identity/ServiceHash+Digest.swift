import Crypto
public import Settings

extension ServiceHash {
    /// Digests what decides how an exporter connects and what it collects.
    ///
    /// The order of keys makes no difference. The service's name, labels, tags and metadata count only as far as they
    /// were rendered into the settings.
    ///
    /// - Parameters:
    ///   - template: The name of the exporter template.
    ///   - kind: The kind of exporter.
    ///   - address: The service's address.
    ///   - port: Its port.
    ///   - settings: The rendered settings, secrets resolved.
    ///   - fingerprint: What besides the settings decides what is collected, such as the content of query files.
    ///   - key: The installation's key.
    public init(
        template: String,
        kind: String,
        address: String,
        port: Int?,
        settings: SettingsNode,
        fingerprint: String,
        key: InstallationKey
    ) {
        var encoder = CanonicalEncoder(key: key)
        encoder.append("muster service 1")
        encoder.append(template)
        encoder.append(kind)
        encoder.append(address)
        encoder.append(port)
        encoder.append(settings)
        encoder.append(fingerprint)
        self.init(Hexadecimal.text(SHA256.hash(data: encoder.bytes).prefix(16)))
    }
}
