import Glibc
import Settings
import Synchronization

/// The module `file`: records in files, as JSON lines or comma-separated values.
///
/// Files are appended to, never truncated; a record that could not be written whole is taken back and sent again. `%s` in a
/// path stands for the name of the run. Files are put aside by size and by time, under their name with the time added, and
/// compressed then if that is configured.
public final class FileModule: ExportingModule {
    /// `file`.
    public static let name = "file"

    /// What can be configured.
    public static let parameters = [
        ModuleParameter(
            "file.data",
            .path,
            usage: "The file for samples; %s is the name of the run. None: no samples."
        ),
        ModuleParameter("file.alarm", .path, usage: "The file for alerts; %s is the name of the run. None: no alerts."),
        ModuleParameter(
            "file.format",
            .choice([LineFormat.json.rawValue, LineFormat.csv.rawValue]),
            default: .text(LineFormat.json.rawValue),
            usage: "One JSON object per line, or comma-separated values with a header."
        ),
        ModuleParameter(
            "file.rotate_size",
            .size(0...Int(Int32.max) * 1024),
            default: .integer(0),
            usage: "A file that would grow beyond this is put aside first; 0 for never."
        ),
        ModuleParameter(
            "file.rotate_interval",
            .duration(.zero ... .seconds(366 * 86_400)),
            default: .duration(.zero),
            usage: "A file holds the records of one such span of time, counted from 1970 in UTC; 0 for all time."
        ),
        ModuleParameter(
            "file.keep",
            .integer(0...100_000),
            default: .integer(0),
            usage: "How many files that were put aside are kept; 0 for all."
        ),
        ModuleParameter(
            "file.compress",
            .choice(["none", "gzip"]),
            default: .text("none"),
            usage: "How files that were put aside are compressed."
        ),
        ModuleParameter(
            "file.sync",
            .bool,
            default: .bool(false),
            usage: "Whether a record counts as written only when it is on the disk."
        ),
    ]

    /// What it is configured to write.
    public let takes: RecordKinds

    private let context: ModuleContext
    private let dataPath: String?
    private let alertPath: String?
    private let format: LineFormat
    private let rules: RotationRules
    private let sync: Bool
    private let write: WriteCall
    private let queue = BlockingQueue(label: "muster.file")
    private let state = Mutex(State())
    private let compressor: FileCompressor?

    private struct State: ~Copyable {
        var data: RotatingFile?
        var alerts: RotatingFile?
        var series = ""
    }

    /// Creates the module; no file is opened yet.
    public convenience init(configuration: ModuleConfiguration) throws {
        try self.init(configuration: configuration) { Glibc.write($0, $1.baseAddress, $1.count) }
    }

    /// Creates the module with another way to write.
    init(configuration: ModuleConfiguration, write: @escaping WriteCall) throws {
        self.write = write
        context = configuration.context
        dataPath = try configuration.text("file.data")
        alertPath = try configuration.text("file.alarm")
        guard dataPath != nil || alertPath != nil else {
            throw ModuleConfigurationError("file.data", "neither this nor file.alarm is given: nothing is written")
        }
        guard dataPath != alertPath else {
            throw ModuleConfigurationError("file.alarm", "is the same file as file.data")
        }
        let word = try configuration.required("file.format", configuration.text("file.format"))
        format = try configuration.required("file.format", LineFormat(rawValue: word))
        let interval = try configuration.duration("file.rotate_interval") ?? .zero
        rules = RotationRules(
            size: try configuration.integer("file.rotate_size") ?? 0,
            interval: interval.wholeMilliseconds,
            keep: try configuration.integer("file.keep") ?? 0
        )
        compressor = try configuration.text("file.compress") == "gzip" ? FileCompressor(keep: rules.keep) : nil
        sync = try configuration.bool("file.sync") ?? false
        var takes: RecordKinds = []
        if dataPath != nil { takes.insert(.samples) }
        if alertPath != nil { takes.insert(.alerts) }
        self.takes = takes
    }

    /// What went wrong with putting files aside or compressing them; nil if nothing. Records are written all the same.
    public var rotationProblem: ModuleIOError? {
        state.withLock { state in
            if let problem = state.data?.problem { return problem }
            return state.alerts?.problem ?? compressor?.problem
        }
    }

    /// Opens the files.
    public func start(series: String) async throws {
        try await queue.run { [self] in
            try state.withLock { state in
                var data = dataPath.map { self.file($0, series, format.sampleHeader()) }
                var alerts = alertPath.map { self.file($0, series, format.alertHeader()) }
                // If one cannot be opened the other is closed on the way out.
                try data?.open()
                try alerts?.open()
                state = State(data: data.take(), alerts: alerts.take(), series: series)
            }
        }
        compressor?.start([dataPath, alertPath].compactMap { $0.map { context.path(Self.expand($0, series)) } })
    }

    /// Writes samples.
    public func write(time: Int64, samples: [Sample]) async throws -> Delivery {
        let done = try await queue.run { [self] in
            try state.withLock { state in
                var lines = LineBatch()
                for sample in samples { lines.append(format.line(sample, series: state.series)) }
                return try state.data?.append(lines, time: time, sync: sync) ?? samples.count
            }
        }
        return .firstAccepted(done, of: samples.count, reason: "the file took only a part")
    }

    /// Writes news of an alert.
    public func warn(time: Int64, alert: Alert) async throws -> DeliveryOutcome {
        try await queue.run { [self] in
            try state.withLock { state in
                var lines = LineBatch()
                lines.append(format.line(alert, time: time, series: state.series))
                _ = try state.alerts?.append(lines, time: time, sync: sync)
            }
        }
        return .accepted
    }

    /// Opens what the paths lead to now, after somebody has moved the files away.
    ///
    /// - Throws: ``ModuleIOError`` if that cannot be opened. It is tried again for the next record.
    public func reopen() async throws {
        try await queue.run { [self] in
            try state.withLock { state in
                let first = Result { try state.data?.reopen() }
                try state.alerts?.reopen()
                try first.get()
            }
        }
    }

    /// Waits until the files that were put aside so far are compressed.
    func finishCompressing() async throws {
        try await compressor?.finish()
    }

    /// Closes the files, after what was written is on the disk.
    public func close() async throws {
        try await compressor?.stop()
        try await queue.run { [self] in
            try state.withLock { state in
                let first = Result { try state.data?.close(sync: true) }
                try state.alerts?.close(sync: true)
                try first.get()
            }
        }
    }

    private func file(_ path: String, _ series: String, _ header: String) -> RotatingFile {
        RotatingFile(
            path: context.path(Self.expand(path, series)),
            header: header,
            rules: rules,
            write: write
        ) { [compressor] in
            compressor?.wake()
        }
    }

    /// The path for a run. The name of a run cannot lead to another folder.
    static func expand(_ path: String, _ series: String) -> String {
        var name = ""
        for scalar in series.unicodeScalars.prefix(100) {
            name.unicodeScalars.append(scalar == "/" || scalar.value < 0x20 || scalar.value == 0x7f ? "-" : scalar)
        }
        if name.isEmpty || name == "." || name == ".." { name = "_" }
        var result = ""
        var rest = path[...]
        while let mark = rest.firstIndex(of: "%") {
            result += rest[..<mark]
            rest = rest[rest.index(after: mark)...]
            if rest.first == "s" {
                result += name
                rest = rest.dropFirst()
            } else {
                result += "%"
            }
        }
        return result + rest
    }
}
