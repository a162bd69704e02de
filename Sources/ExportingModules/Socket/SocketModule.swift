import Synchronization
import Transport

/// The module `socket`: records over TCP, UDP and Unix sockets, as JSON lines or comma-separated values.
///
/// `socket.data` and `socket.alarm` are netspot's: `tcp://host:port`, with `tcp4`, `tcp6`, `udp`, `udp4`, `udp6`, `unix` and
/// `unixgram` (`unix:///path`) besides. The JSON is that of the module `file`, with the field `tag`; netspot puts the tag into
/// `name`, which is the name of the series here. NaN and infinities are the texts `"NaN"`, `"+Inf"`, `"-Inf"` in JSON, and
/// these words in comma-separated values.
///
/// A record counts as delivered when it has arrived as far as the protocol tells: over TCP when the other host has
/// confirmed all of it, over Unix sockets when the kernel has taken all of it, over UDP when it was sent and nobody said
/// that nobody listens. After a connection broke, or nothing moved for `socket.timeout`, the next records go over a new
/// one, and a record that was cut comes again whole.
public final class SocketModule: ExportingModule {
    /// `socket`.
    public static let name = "socket"

    /// What can be configured.
    public static let parameters = [
        ModuleParameter(
            "socket.data",
            .text,
            usage: "Where samples are sent, such as tcp://127.0.0.1:9000 or unix:///run/x.sock. None: no samples."
        ),
        ModuleParameter("socket.alarm", .text, usage: "Where alerts are sent. None: no alerts."),
        ModuleParameter(
            "socket.format",
            .choice([LineFormat.json.rawValue, LineFormat.csv.rawValue]),
            default: .text(LineFormat.json.rawValue),
            usage: "JSON objects, or comma-separated values; each connection of a stream begins with their header."
        ),
        ModuleParameter(
            "socket.tag",
            .text,
            default: .text("muster"),
            usage: "What is in the field tag of each record, to tell several senders apart."
        ),
        ModuleParameter(
            "socket.framing",
            .choice(RecordFraming.allCases.map(\.rawValue)),
            default: .text(RecordFraming.newline.rawValue),
            usage: "In streams, a line end after each record, or its length before it in four bytes, the largest first."
        ),
        ModuleParameter(
            "socket.timeout",
            .duration(.milliseconds(10) ... .seconds(600)),
            default: .duration(.seconds(10)),
            usage: "How long to wait for the reader, connecting included."
        ),
    ]

    /// True.
    public static let crossesNetwork = true

    /// What it is configured to send.
    public let takes: RecordKinds

    private let data: SocketTarget?
    private let alerts: SocketTarget?
    private let format: LineFormat
    private let framing: RecordFraming
    private let tag: String
    private let timeout: Duration
    private let context: ModuleContext
    private let state = Mutex(State())

    private struct State {
        var series = ""
        var data: RecordLink?
        var alerts: RecordLink?
    }

    /// Creates the module; nothing is connected yet.
    public init(configuration: ModuleConfiguration) throws {
        context = configuration.context
        data = try Self.target("socket.data", configuration)
        alerts = try Self.target("socket.alarm", configuration)
        var takes: RecordKinds = []
        if data != nil { takes.insert(.samples) }
        if alerts != nil { takes.insert(.alerts) }
        guard !takes.isEmpty else {
            throw ModuleConfigurationError("socket.data", "neither this nor socket.alarm is given: nothing is sent")
        }
        self.takes = takes
        let format = try configuration.required("socket.format", configuration.text("socket.format"))
        self.format = try configuration.required("socket.format", LineFormat(rawValue: format))
        let framing = try configuration.required("socket.framing", configuration.text("socket.framing"))
        self.framing = try configuration.required("socket.framing", RecordFraming(rawValue: framing))
        tag = try configuration.required("socket.tag", configuration.text("socket.tag"))
        timeout = try configuration.required("socket.timeout", configuration.duration("socket.timeout"))
    }

    private static func target(
        _ name: String,
        _ configuration: ModuleConfiguration
    ) throws(ModuleConfigurationError) -> SocketTarget? {
        guard let text = try configuration.text(name) else { return nil }
        do throws(SocketTarget.Problem) {
            return try SocketTarget(text)
        } catch {
            throw ModuleConfigurationError(name, error.message)
        }
    }

    /// Keeps the name of the run. The connections are made when there is something to send.
    public func start(series: String) async throws {
        let network = try context.requiredNetwork()
        let data = data.map { link($0, format.sampleHeader(isTagged: true), network) }
        let alerts = alerts.map { link($0, format.alertHeader(isTagged: true), network) }
        state.withLock { $0 = State(series: series, data: data, alerts: alerts) }
    }

    /// Sends samples.
    public func write(time: Int64, samples: [Sample]) async throws -> Delivery {
        let (link, series) = state.withLock { ($0.data, $0.series) }
        guard let link, let data else { throw notStarted }
        var records = LineBatch()
        for sample in samples {
            let line = format.line(sample, series: series, tag: tag)
            framing.append(line, isDatagram: !data.isStream, to: &records)
        }
        return try await link.send(records)
    }

    /// Sends news of an alert.
    public func warn(time: Int64, alert: Alert) async throws -> DeliveryOutcome {
        let (link, series) = state.withLock { ($0.alerts, $0.series) }
        guard let link, let alerts else { throw notStarted }
        var records = LineBatch()
        let line = format.line(alert, time: time, series: series, tag: tag)
        framing.append(line, isDatagram: !alerts.isStream, to: &records)
        return try await link.send(records)[0]
    }

    /// Closes the connections.
    public func close() async throws {
        let state = state.withLock { state in
            defer { state = State() }
            return state
        }
        state.data?.close()
        state.alerts?.close()
    }

    private var notStarted: ModuleIOError {
        ModuleIOError(operation: "send over", target: "the socket", message: "the module is not started")
    }

    private func link(_ target: SocketTarget, _ header: String, _ network: NetworkServices) -> RecordLink {
        var greeting = LineBatch()
        if !header.isEmpty { framing.append(header, to: &greeting) }
        return RecordLink(target: target, greeting: greeting.bytes, timeout: timeout, network: network)
    }
}
