import Dispatching
import Settings

/// How services are discovered, and what it takes to let go of one.
struct DiscoveryConfiguration: Sendable {
    /// How often each source is asked.
    var interval: Duration = .seconds(30)
    /// How long one poll may take.
    var timeout: Duration = .seconds(20)
    /// How long the last good list of a failing source stays.
    var keepStale: Duration = .seconds(86_400)
    /// The share of a source's services that may go at once without being held.
    var maximumRemoval: Double = 0.5
    /// How long a suspicious removal must have stood before it is applied.
    var hold: Duration = .seconds(120)
    /// How long a service must be absent before it is let go.
    var grace: Duration = .zero
    /// The sources.
    var sources: [SourceConfiguration] = []

    init() {}

    init(_ reader: MappingReader, directory: String) {
        interval = reader.duration("interval", in: .milliseconds(100) ... .seconds(86_400)) ?? interval
        timeout = reader.duration("timeout", in: .milliseconds(100) ... .seconds(3600)) ?? timeout
        keepStale = reader.duration("keep_stale", in: .zero ... .seconds(366 * 86_400)) ?? keepStale
        maximumRemoval = reader.number("max_removal", in: 0...1) ?? maximumRemoval
        hold = reader.duration("hold", in: .zero ... .seconds(86_400)) ?? hold
        grace = reader.duration("grace", in: .zero ... .seconds(86_400)) ?? grace
        addSources(reader, directory: directory)
        reader.finish()
    }

    mutating func addSources(_ reader: MappingReader, directory: String) {
        for item in reader.items("sources") ?? [] {
            guard let source = SourceConfiguration(item, directory: directory, problems: reader.problems) else {
                continue
            }
            if sources.contains(where: { $0.name == source.name }) {
                reader.problems.add("another source is called \"\(source.name)\" too", at: item)
            } else {
                sources.append(source)
            }
        }
    }

    /// The rules as the dispatcher takes them.
    func dispatcher(seed: UInt64) -> DispatcherConfiguration {
        DispatcherConfiguration(
            interval: interval,
            pollTimeout: timeout,
            keepStale: keepStale,
            maximumRemoval: maximumRemoval,
            hold: hold,
            grace: grace,
            seed: seed
        )
    }
}
