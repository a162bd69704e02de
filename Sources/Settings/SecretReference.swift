/// Where a secret comes from: the environment, a file, or (least good) the configuration itself.
public enum SecretReference: Sendable, Hashable {
    /// An environment variable: `{env: NAME}`.
    case environment(String)
    /// A file, whose trailing newline does not count: `{file: PATH}`. Relative to the configuration's folder.
    case file(String)
    /// Written out in the configuration.
    case literal(Secret)

    /// The longest secret file that is read, in bytes.
    static let maximumLength = 64 * 1024

    /// Reads the secret.
    ///
    /// - Parameters:
    ///   - environment: The environment to look in.
    ///   - directory: The folder that relative paths are relative to.
    /// - Throws: ``SecretError`` that names the source, never the value.
    public func resolve(
        environment: [String: String],
        directory: String
    ) throws(SecretError) -> Secret {
        switch self {
        case .literal(let secret):
            return secret
        case .environment(let name):
            guard let value = environment[name] else {
                throw SecretError(message: "the environment variable \(name) is not set")
            }
            return Secret(value)
        case .file(let path):
            let absolute = path.hasPrefix("/") ? path : directory + "/" + path
            let text: String
            do {
                text = try BoundedFile.read(absolute, maximumLength: Self.maximumLength)
            } catch {
                throw SecretError(message: "the secret file \(absolute) cannot be read: \(error)")
            }
            return Secret(String(text.trimmingSuffix { $0.isNewline }))
        }
    }
}

extension String {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
        var end = endIndex
        while end > startIndex, predicate(self[index(before: end)]) { end = index(before: end) }
        return self[..<end]
    }
}
