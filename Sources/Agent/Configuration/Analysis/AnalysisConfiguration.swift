import Analysis
import Settings

/// Which series are watched for what is unusual.
struct AnalysisConfiguration: Sendable {
    /// How many series are watched at once.
    var detectors = 10_000
    /// After how long without a value the detector of a series is forgotten.
    var evictAfter: Duration = .seconds(86_400)
    /// How many alerts are kept after their end.
    var history = 1_000
    /// Which series, in the order of the configuration: the first selection that fits counts.
    var selections: [SpotSelection] = []

    /// Nothing is watched.
    init() {}

    init(_ reader: MappingReader) {
        detectors = reader.integer("detectors", in: 1...10_000_000) ?? detectors
        evictAfter = reader.duration("evict_after", in: .seconds(60) ... .seconds(366 * 86_400)) ?? evictAfter
        history = reader.integer("history", in: 1...1_000_000) ?? history
        add(reader)
        reader.finish()
    }

    mutating func add(_ reader: MappingReader) {
        for item in reader.items("spot") ?? [] {
            guard let selection = SpotSettings.selection(item, problems: reader.problems) else { continue }
            if selections.contains(where: { $0.name == selection.name }) {
                reader.problems.add("another selection is called \"\(selection.name)\" too", at: item)
            } else {
                selections.append(selection)
            }
        }
    }
}
