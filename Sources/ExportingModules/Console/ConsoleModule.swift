import Glibc
import Synchronization

/// The module `console`: records on standard output, as text for people or as JSON lines.
///
/// It waits for a slow reader for at most `console.timeout`; what the reader did not take by then is sent again. A line is
/// never torn: the rest of one that was begun comes first the next time.
public final class ConsoleModule: ExportingModule {
    /// `console`.
    public static let name = "console"

    /// What can be configured.
    public static let parameters = [
        ModuleParameter("console.data", .bool, default: .bool(false), usage: "Whether samples are printed."),
        ModuleParameter("console.alarm", .bool, default: .bool(true), usage: "Whether alerts are printed."),
        ModuleParameter(
            "console.format",
            .choice([LineFormat.text.rawValue, LineFormat.json.rawValue]),
            default: .text(LineFormat.text.rawValue),
            usage: "Text for people, or one JSON object per line."
        ),
        ModuleParameter(
            "console.timeout",
            .duration(.milliseconds(1) ... .seconds(60)),
            default: .duration(.seconds(2)),
            usage: "How long to wait for a reader that is slow."
        ),
    ]

    /// What it is configured to print.
    public let takes: RecordKinds

    private let format: LineFormat
    private let timeout: Duration
    private let queue = BlockingQueue(label: "muster.console")
    private let state: Mutex<State>

    private struct State {
        var writer: StreamWriter
        var series = ""
    }

    /// Creates the module.
    public convenience init(configuration: ModuleConfiguration) throws {
        try self.init(configuration: configuration, descriptor: STDOUT_FILENO, target: "standard output")
    }

    /// Creates the module on another descriptor, which stays the caller's.
    init(configuration: ModuleConfiguration, descriptor: Int32, target: String) throws {
        var takes: RecordKinds = []
        if try configuration.bool("console.data") == true { takes.insert(.samples) }
        if try configuration.bool("console.alarm") == true { takes.insert(.alerts) }
        guard !takes.isEmpty else {
            throw ModuleConfigurationError("console.alarm", "neither this nor console.data is on: nothing is printed")
        }
        self.takes = takes
        let word = try configuration.required("console.format", configuration.text("console.format"))
        format = try configuration.required("console.format", LineFormat(rawValue: word))
        timeout = try configuration.required("console.timeout", configuration.duration("console.timeout"))
        state = Mutex(State(writer: StreamWriter(descriptor: descriptor, target: target)))
    }

    /// Keeps the name of the run.
    public func start(series: String) async throws {
        state.withLock { $0.series = series }
    }

    /// Prints samples.
    public func write(time: Int64, samples: [Sample]) async throws -> Delivery {
        let (format, timeout) = (format, timeout)
        let taken = try await queue.run { [self] in
            try state.withLock { state in
                var lines = LineBatch()
                for sample in samples { lines.append(format.line(sample, series: state.series)) }
                return try state.writer.write(lines, timeout: timeout)
            }
        }
        return .firstAccepted(taken, of: samples.count, reason: "the reader is slow")
    }

    /// Prints news of an alert.
    public func warn(time: Int64, alert: Alert) async throws -> DeliveryOutcome {
        let (format, timeout) = (format, timeout)
        _ = try await queue.run { [self] in
            try state.withLock { state in
                var lines = LineBatch()
                lines.append(format.line(alert, time: time, series: state.series))
                return try state.writer.write(lines, timeout: timeout)
            }
        }
        return .accepted
    }

    /// Finishes a line that was begun.
    public func close() async throws {
        let timeout = timeout
        _ = try await queue.run { [self] in
            try state.withLock { try $0.writer.write(LineBatch(), timeout: timeout) }
        }
    }
}
