import ExportingModules
import Settings

/// Where samples and alerts go besides the page: the exporting modules.
struct ExportingConfiguration: Sendable {
    /// The name of a run, with `${agent}` and `${start}` in it.
    var series = "${agent}-${start}"
    /// For how long what waits is still delivered when the agent ends.
    var drain: Duration = .seconds(5)
    /// The modules, in the order of the configuration.
    var modules: [ModuleEntryConfiguration] = []

    /// No modules.
    init() {}

    init(_ reader: MappingReader, context: ModuleEntryConfiguration.Context) {
        if let node = reader.value("series"), let text = reader.string("series") {
            series = text
            if let problem = Self.problem(of: text) { reader.problems.add(problem, at: node) }
        }
        drain = reader.duration("drain", in: .milliseconds(100) ... .seconds(20)) ?? drain
        add(reader, context: context)
        reader.finish()
    }

    mutating func add(_ reader: MappingReader, context: ModuleEntryConfiguration.Context) {
        for item in reader.items("modules") ?? [] {
            guard let module = ModuleEntryConfiguration(item, context: context, problems: reader.problems) else {
                continue
            }
            if modules.contains(where: { $0.name == module.name }) {
                reader.problems.add("another module is called \"\(module.name)\" too", at: item)
            } else {
                modules.append(module)
            }
        }
    }

    /// The name of this run.
    ///
    /// - Parameters:
    ///   - agent: The agent's name.
    ///   - start: When it was started, as text.
    func seriesName(agent: String, start: String) -> String {
        series.replacing("${agent}", with: agent).replacing("${start}", with: start)
    }

    private static func problem(of series: String) -> String? {
        let rest = series.replacing("${agent}", with: "").replacing("${start}", with: "")
        if rest.contains("${") { return "expected only ${agent} and ${start}, found \"\(series)\"" }
        return series.isEmpty ? "expected a name, found nothing" : nil
    }
}
