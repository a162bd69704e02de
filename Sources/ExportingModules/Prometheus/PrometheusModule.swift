import Exposition
import Settings
import Synchronization
import Transport

/// The module `prometheus`: samples by remote write 1.0, to Prometheus, VictoriaMetrics, Mimir and others.
///
/// A request has the samples of a series in the order of their times, and requests go one after the other, so that after
/// an outage the old samples come first. What is not a number is sent as it is, and that a series has ended as
/// Prometheus' stale marker.
///
/// Where the receiver refuses a batch, the samples that are at fault (too old, out of order, twice with different values)
/// are searched for by sending smaller parts: Prometheus takes all of a request or nothing. A receiver that takes a part
/// of a refused request calls a sample that comes again a duplicate or out of order; then it is in the dead letters
/// though the receiver has it.
public final class PrometheusModule: ExportingModule {
    /// `prometheus`.
    public static let name = "prometheus"
    /// True.
    public static let crossesNetwork = true

    /// What can be configured.
    public static let parameters =
        [
            ModuleParameter(
                "prometheus.url",
                .text,
                default: .text("http://127.0.0.1:9090/api/v1/write"),
                usage: "The address that remote write goes to, with its path."
            ),
            ModuleParameter(
                "prometheus.external_labels",
                .mapping,
                usage: "Labels that every series gets, unless it has one of the name."
            ),
            ModuleParameter(
                "prometheus.names",
                .choice(RemoteWriteEncoder.Names.allCases.map(\.rawValue)),
                default: .text(RemoteWriteEncoder.Names.underscores.rawValue),
                usage: "How names are written that are not plain words: with underscores, or as they are in UTF-8."
            ),
            ModuleParameter(
                "prometheus.metadata_interval",
                .duration(.zero ... .seconds(86_400)),
                default: .duration(.seconds(300)),
                usage:
                    "How often types, helps and units are sent, besides when they are first seen; 0 for never at all."
            ),
            ModuleParameter(
                "prometheus.batch_size",
                .integer(1...100_000),
                default: .integer(1000),
                usage: "How many samples are sent at once, at most."
            ),
        ] + HTTPModuleSettings.parameters(of: "prometheus")

    /// Samples only.
    public let takes = RecordKinds.samples
    /// True: they become stale markers.
    public let takesStaleness = true
    /// How many samples it is given at once.
    public let batchSize: Int

    private let address: HTTPAddress
    private let encoder: RemoteWriteEncoder
    private let sender: HTTPSender
    private let now: HTTPSender.Now
    private let book: Mutex<MetadataBook>

    private static let headers = [
        HTTPHeader("Content-Encoding", "snappy"), HTTPHeader("Content-Type", "application/x-protobuf"),
        HTTPHeader("X-Prometheus-Remote-Write-Version", "0.1.0"),
    ]

    /// Creates the module.
    public convenience init(configuration: ModuleConfiguration) throws {
        try self.init(configuration: configuration, execute: nil)
    }

    /// Creates the module with another way to send requests, and another clock for descriptions.
    init(
        configuration: ModuleConfiguration,
        execute: HTTPSender.Execute?,
        now: @escaping HTTPSender.Now = HTTPSender.wallClock
    ) throws {
        address = try configuration.address("prometheus.url", isEndpoint: true)
        let names = try configuration.text("prometheus.names").flatMap(RemoteWriteEncoder.Names.init)
        let external = try configuration.mapping("prometheus.external_labels") ?? [:]
        for (name, value) in external {
            let isPlain = EscapingScheme.underscores.escape(labelName: name) == name && name != "__name__"
            guard isPlain, !name.isEmpty, !value.isEmpty else {
                throw ModuleConfigurationError("prometheus.external_labels", "\"\(name)\" is no label with a value")
            }
        }
        encoder = RemoteWriteEncoder(
            externalLabels: LabelSet(external),
            names: try configuration.required("prometheus.names", names)
        )
        batchSize = try configuration.required("prometheus.batch_size", configuration.integer("prometheus.batch_size"))
        let interval = try configuration.duration("prometheus.metadata_interval") ?? .zero
        book = Mutex(MetadataBook(interval: interval.wholeMilliseconds))
        self.now = now
        let own = ["content-type", "content-encoding", "x-prometheus-remote-write-version"]
        sender = HTTPSender(
            try HTTPModuleSettings(configuration, of: Self.name, ownHeaders: own),
            execute: execute,
            now: now
        )
    }

    /// Does nothing: the receiver is asked for nothing before there is something to send.
    public func start(series: String) async throws {
        try sender.checkNetwork()
    }

    /// Sends samples, and descriptions of their families where they are due.
    public func write(time: Int64, samples: [Sample]) async throws -> Delivery {
        var outcomes = [DeliveryOutcome](repeating: .accepted, count: samples.count)
        var entries: [(series: [UInt8], sample: Sample, place: Int)] = []
        entries.reserveCapacity(samples.count)
        for (place, sample) in samples.enumerated() {
            do throws(RemoteWriteEncoder.Refusal) {
                entries.append((try encoder.series(sample), sample, place))
            } catch {
                outcomes[place] = .rejected(reason: error.reason)
            }
        }
        if !zip(entries, entries.dropFirst()).allSatisfy({ $0.sample.timestamp <= $1.sample.timestamp }) {
            entries.sort { ($0.sample.timestamp, $0.place) < ($1.sample.timestamp, $1.place) }
        }
        let sorted = entries
        let sent = try await BatchSearch.run(count: sorted.count) { part in
            var answer = try await send(RemoteWriteEncoder.message(sorted[part].lazy.map { ($0.series, $0.sample) }))
            if part.count == 1, case .rejected(let reason) = answer.outcome, Self.isAboutAge(reason) {
                // Whatever is as old is too old, too.
                let rest = sorted[part.upperBound...]
                let age = sorted[part.lowerBound].sample.timestamp
                answer.end = rest.firstIndex { $0.sample.timestamp > age } ?? sorted.count
            }
            return answer
        }
        for (entry, outcome) in zip(sorted, sent) { outcomes[entry.place] = outcome }
        if sent.contains(.accepted) { await describe(samples) }
        return Delivery(outcomes)
    }

    /// Is never called: the module takes no alerts.
    public func warn(time: Int64, alert: Alert) async throws -> DeliveryOutcome {
        .rejected(reason: "the module prometheus takes samples only")
    }

    /// Does nothing: there is nothing open.
    public func close() async throws {}

    private func send(_ message: [UInt8]) async throws -> BatchSearch.Answer {
        guard let body = SnappyBlock.compress(message) else {
            return BatchSearch.Answer(outcome: .tooLarge(reason: "the batch has more than 4 GiB"))
        }
        return sender.searchAnswer(of: try await sender.send(address.url, headers: Self.headers, body: body))
    }

    /// Sends descriptions in a request of their own: version 1.0 leaves them open, and no sample must be lost over them.
    private func describe(_ samples: [Sample]) async {
        let due = book.withLock { $0.due(samples, at: now()) }
        guard !due.isEmpty else { return }
        let answer = try? await send(encoder.message(due))
        book.withLock { $0.note(due, accepted: answer?.outcome == .accepted, at: now()) }
    }

    /// Whether a reason is Prometheus' word for a sample older than everything that it still takes: `out of bounds`, and
    /// `too old sample` where it takes some out of order. Both depend on the time alone.
    private static func isAboutAge(_ reason: String) -> Bool {
        reason.contains("out of bounds") || reason.contains("too old sample")
    }
}
