public import Analysis
import Settings

/// `muster spot`: runs a detector over recorded values and says what it would have flagged. That is how a person chooses
/// parameters.
public struct SpotCommand: Sendable {
    /// What to read, how to run the detector, and what to draw.
    public struct Options: Sendable {
        /// The table; `-` for standard input.
        public var input: String
        /// The column with the values, by name or by number from 1; nil to find out.
        public var column: String?
        /// The column with the times, by name or by number from 1; nil to find out.
        public var timeColumn: String?
        /// What separates fields; nil to find out.
        public var separator: Separator?
        /// How to run the detector.
        public var replay: SpotReplay.Options
        /// The file to draw to; nil for none.
        public var plot: String?

        /// Creates options.
        public init(
            input: String,
            column: String? = nil,
            timeColumn: String? = nil,
            separator: Separator? = nil,
            replay: SpotReplay.Options = SpotReplay.Options(),
            plot: String? = nil
        ) {
            self.input = input
            self.column = column
            self.timeColumn = timeColumn
            self.separator = separator
            self.replay = replay
            self.plot = plot
        }
    }

    /// What separates fields.
    public enum Separator: String, Sendable, CaseIterable {
        /// `,`
        case comma
        /// `;`
        case semicolon
        /// A tab.
        case tab

        fileprivate var byte: UInt8 {
            switch self {
            case .comma: UInt8(ascii: ",")
            case .semicolon: UInt8(ascii: ";")
            case .tab: UInt8(ascii: "\t")
            }
        }
    }

    private let options: Options

    /// Creates the command.
    public init(_ options: Options) {
        self.options = options
    }

    /// More rows are refused.
    static let mostRows = 50_000_000

    /// Reads a duration as in configurations, such as `5m`, in milliseconds; nil if it is none.
    public static func milliseconds(_ text: String) -> Int64? {
        guard let duration = DurationText.parse(text) else { return nil }
        let (seconds, attoseconds) = duration.components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return overflow || scaled < 0 ? nil : scaled + attoseconds / 1_000_000_000_000_000
    }

    /// Reads the table, runs the detector, and draws.
    ///
    /// - Throws: ``SpotCommandError``: what cannot be read, run or written, in one line. It blocks while it reads.
    public func run() throws(SpotCommandError) -> SpotResult {
        if let plot = options.plot, BlockingFile.isSame(plot, options.input) {
            throw SpotCommandError("\(plot): the plot would replace the input")
        }
        let name = options.input == "-" ? "standard input" : options.input
        var reader = RecordedValues(
            valueColumn: options.column.map { .named($0) },
            timeColumn: options.timeColumn.map { .named($0) },
            parser: CSVParser(separator: options.separator?.byte)
        )
        var replay: SpotReplay
        do {
            replay = try SpotReplay(name: "value", options: options.replay)
        } catch {
            throw SpotCommandError(error.description)
        }
        func take(_ row: RecordedValues.Row) throws(CSVError) {
            guard replay.summary.rows < Self.mostRows else {
                throw CSVError(line: row.line, message: "more than \(Self.mostRows) rows")
            }
            replay.take(row.value, at: row.time)
        }
        let file = try BlockingFile(path: options.input)
        do {
            while let piece = try file.read() { try reader.read(piece, take) }
            try reader.finish(take)
        } catch let error as CSVError {
            throw SpotCommandError("\(name): \(error)")
        } catch let error as SpotCommandError {
            throw error
        } catch {
            throw SpotCommandError("\(name): \(error)")
        }
        let result = SpotResult(
            replay,
            column: reader.valueName ?? options.column ?? "value",
            hasTime: reader.hasTime ?? false
        )
        if let plot = options.plot { try draw(replay, result, to: plot) }
        return result
    }

    private func draw(_ replay: SpotReplay, _ result: SpotResult, to file: String) throws(SpotCommandError) {
        let parameters = options.replay.parameters
        let title = "\(result.column): q \(parameters.q), depth \(parameters.depth), level \(parameters.level)"
        let image = SVGPlot(
            replay.trace,
            title: title,
            hasTime: result.hasTime,
            interval: options.replay.interval
        ).svg()
        try BlockingFile.write(image, to: file)
    }
}

/// Why `muster spot` has no result: one line for a person.
public struct SpotCommandError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is at fault, and why.
    public var message: String

    init(_ message: String) {
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
