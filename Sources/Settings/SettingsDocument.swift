/// Reads YAML (and JSON, which is YAML) into ``SettingsNode``s, with bounds on size, depth and number of nodes.
public enum SettingsDocument {
    /// The bounds of a document that comes from outside.
    public struct Limits: Sendable {
        /// The longest text, in bytes.
        public var length: Int
        /// The deepest nesting.
        public var depth: Int
        /// The largest number of values, after aliases have been expanded.
        public var nodes: Int

        /// Creates limits; the defaults suit a configuration file.
        public init(length: Int = 4 << 20, depth: Int = 64, nodes: Int = 200_000) {
            self.length = length
            self.depth = depth
            self.nodes = nodes
        }
    }

    /// Reads a file.
    ///
    /// - Throws: ``SettingsError`` with the place of the first mistake.
    public static func read(file: String, limits: Limits = Limits()) throws(SettingsError) -> SettingsNode {
        let text: String
        do {
            text = try BoundedFile.read(file, maximumLength: limits.length)
        } catch {
            throw SettingsError(SettingsProblem(position: Position(file: file), message: "cannot be read: \(error)"))
        }
        return try parse(text, file: file, limits: limits)
    }

    /// Parses a text. An empty document is ``SettingsNode/Content/null``.
    ///
    /// Keys must be strings and stand once in their mapping. Merge keys (`<<: *defaults`) are followed: what a mapping
    /// says itself wins over what it merges.
    ///
    /// - Parameters:
    ///   - text: YAML or JSON, one document.
    ///   - file: The name to use in positions.
    ///   - limits: The bounds.
    /// - Throws: ``SettingsError`` with the place of the first mistake.
    public static func parse(
        _ text: String,
        file: String,
        limits: Limits = Limits()
    ) throws(SettingsError) -> SettingsNode {
        guard text.utf8.count <= limits.length else {
            throw SettingsError(
                SettingsProblem(position: Position(file: file), message: "larger than \(limits.length) bytes")
            )
        }
        return try YAMLComposer.compose(JSONSurrogates.join(Array(text.utf8)), file: file, limits: limits)
    }
}
