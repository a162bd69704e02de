public import ExporterKit
public import Settings

/// One kind of exporter, such as `postgres`: what the agent must know to offer it in a configuration.
///
/// One object serves all services of the kind, so it may keep what they share, such as parsed query files.
public protocol ExporterKind: Sendable {
    /// The key in a template, such as `postgres`.
    var name: String { get }

    /// The keys of the block under ``name`` that a service's options may override.
    var overridableKeys: Set<String> { get }

    /// The keys of the block whose values are secrets: they are resolved before rendering ends, enter the hash only
    /// keyed, and are never shown.
    var secretKeys: Set<String> { get }

    /// Names everything that is wrong in a block.
    ///
    /// - Parameters:
    ///   - settings: The block under ``name``; may be null.
    ///   - directory: The folder that relative paths are relative to.
    ///   - acceptsTemplates: Whether `${...}` may stand for values of any type, because it is not rendered yet.
    ///   - problems: Where problems go, those of files that the block names included.
    func check(_ settings: SettingsNode, directory: String, acceptsTemplates: Bool, problems: ProblemList)

    /// What besides the block decides what is collected: a digest of the query files' content, for example. It enters
    /// the hash, so that a changed file replaces the exporters that use it.
    func fingerprint(_ settings: SettingsNode, directory: String) -> String

    /// Makes an exporter for one service. Opens nothing yet: that is for ``Exporter/setUp()``.
    ///
    /// - Throws: `SettingsError` if the rendered block is wrong.
    func makeExporter(_ context: ExporterContext) throws -> any Exporter
}

extension ExporterKind {
    /// No keys.
    public var overridableKeys: Set<String> { [] }

    /// No keys.
    public var secretKeys: Set<String> { [] }

    /// Nothing besides the block.
    public func fingerprint(_ settings: SettingsNode, directory: String) -> String { "" }
}
