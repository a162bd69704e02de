import Discovery
import Settings

/// One configured place that services are discovered from.
struct SourceConfiguration: Sendable {
    /// The name, unique.
    var name: String
    /// Makes the source.
    var makeSource: @Sendable () -> any Source

    init?(_ node: SettingsNode, directory: String, problems: ProblemList) {
        let reader = MappingReader(node, problems: problems)
        guard case .mapping = node.content else {
            if node.isNull { problems.add("expected a mapping, found nothing", at: node) }
            return nil
        }
        let name = reader.requiredString("name")
        let file = reader.value("file")
        reader.finish()
        guard let file else {
            problems.add("expected the kind of source: file", at: node)
            return nil
        }
        let configuration = FileSource.Configuration(node: file, directory: directory, problems: problems)
        guard let name, let configuration else { return nil }
        self.name = name
        makeSource = { FileSource(name: name, configuration: configuration) }
    }
}
