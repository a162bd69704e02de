import Discovery
import ExporterKinds
import ExporterKit
import Settings

/// One exporter template: which services it is for, and how they are exported.
struct TemplateConfiguration: Sendable {
    /// What discovery needs to match and render.
    var template: ExporterTemplate
    /// The kind of exporter.
    var kind: any ExporterKind
    /// How its collectors are run.
    var collection: CollectionSettings
    /// The folder that relative paths are relative to.
    var directory: String

    init?(_ node: SettingsNode, context: TemplateContext, problems: ProblemList) {
        let reader = MappingReader(node, problems: problems)
        guard case .mapping = node.content else {
            if node.isNull { problems.add("expected a mapping, found nothing", at: node) }
            return nil
        }
        let name = reader.requiredString("name")
        if let match = reader.required("match"), case .mapping(let rules) = match.content, rules.isEmpty {
            problems.add("expected at least one of name, tags, labels, metadata", at: match)
        }
        // Discovery reads these when it builds the template.
        _ = reader.value("labels")
        let collection = Self.collection(reader)
        let kind = Self.kind(reader, context: context)
        reader.finish()
        guard let kind else { return nil }
        let node = context.prepare(node, kind: kind, problems: problems)
        guard let block = node[kind.name] else { return nil }
        let directory = context.directory
        kind.check(block, directory: directory, acceptsTemplates: true, problems: problems)
        let template = ExporterTemplate(
            block: node,
            name: name ?? "",
            kind: kind.name,
            overridableKeys: kind.overridableKeys,
            secretKeys: kind.secretKeys,
            fingerprint: { kind.fingerprint(block, directory: directory) },
            problems: problems
        )
        // Only now, so that every mistake in it has been named.
        guard name != nil, let collection else { return nil }
        self.template = template
        self.kind = kind
        self.collection = collection
        self.directory = directory
    }

    private static func collection(_ reader: MappingReader) -> CollectionSettings? {
        let range = CollectionSettings.allowedIntervals
        let count = reader.problems.problems.count
        let interval = reader.duration("interval", in: range)
        let timeout = reader.duration("timeout", in: range)
        let staleAfter = reader.duration("stale_after", in: range)
        let sampleLimit = reader.integer("sample_limit", in: 1...10_000_000)
        guard reader.problems.problems.count == count else { return nil }
        do throws(CollectionSettingsError) {
            return try CollectionSettings(
                interval: interval ?? CollectionSettings.standard.interval,
                timeout: timeout,
                staleAfter: staleAfter,
                sampleLimit: sampleLimit ?? CollectionSettings.standard.sampleLimit
            )
        } catch {
            let node = reader.node[error.field.rawValue] ?? reader.node
            reader.problems.add("\(error.field.rawValue) \(error.message)", at: node)
            return nil
        }
    }

    private static func kind(_ reader: MappingReader, context: TemplateContext) -> (any ExporterKind)? {
        var found: [any ExporterKind] = []
        for kind in context.kinds {
            _ = reader.value(kind.name)
            if reader.keys.contains(kind.name) { found.append(kind) }
        }
        if found.count == 1 { return found.first }
        let words = context.kinds.map(\.name).joined(separator: ", ")
        reader.problems.add(
            found.isEmpty
                ? "expected the kind of exporter: one of \(words)"
                : "expected one kind of exporter, found \(found.map(\.name).joined(separator: " and "))",
            at: reader.node
        )
        return nil
    }
}
