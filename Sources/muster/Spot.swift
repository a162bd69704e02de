import Agent
import Analysis
import ArgumentParser

struct Spot: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a detector over recorded values; print what it flags, and draw it.",
        discussion: """
            The table has values, or times and values, separated by commas, semicolons or tabs, with or without a header. \
            Times are ISO 8601, or seconds, milliseconds, microseconds or nanoseconds since 1970. An empty value is missing.
            """
    )

    @Option(help: "The table, or - for standard input.")
    var input: String

    @Option(help: "The column with the values: its name, or its number from 1.")
    var column: String?

    @Option(help: "The column with the times: its name, or its number from 1.")
    var timeColumn: String?

    @Option(
        help: "What separates fields: \(names(SpotCommand.Separator.self)). By default it is found out.",
        transform: choice
    )
    var separator: SpotCommand.Separator?

    @Option(help: "The distance of rows that have no times; by default 15s.", transform: milliseconds)
    var interval: Int64 = 15_000

    @OptionGroup(title: "Detector") var detector: DetectorOptions

    @Option(help: "Draw values, thresholds and alarms to this file, as SVG.")
    var plot: String?

    @Option(help: "table or json.")
    var format: Format = .table

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table
        case json
    }

    func run() throws {
        do {
            let result = try SpotCommand(options).run()
            print(format == .json ? try result.json() : result.table(), terminator: "")
        } catch {
            Exit.printError("\(error)")
            throw ExitCode(1)
        }
    }

    private var options: SpotCommand.Options {
        SpotCommand.Options(
            input: input,
            column: column,
            timeColumn: timeColumn,
            separator: separator,
            replay: SpotReplay.Options(
                parameters: detector.parameters,
                transform: detector.transform,
                baseline: detector.baseline,
                resolveAfter: detector.resolveAfter,
                interval: interval
            ),
            plot: plot
        )
    }

    /// The parameters of a detector, with netspot's names.
    struct DetectorOptions: ParsableArguments {
        @Option(help: "The number of values in the moving mean that is taken off first; 0 for none.")
        var depth = SpotParameters().depth

        @Option(name: .customLong("q"), help: "The share of values that may be flagged by chance.")
        var share = SpotParameters().q

        @Option(name: .customLong("n-init"), help: "The number of values to calibrate from.")
        var initialCount = SpotParameters().initialCount

        @Option(help: "The share of values that are not in the tail.")
        var level = SpotParameters().level

        @Flag(inversion: .prefixedNo, help: "Flag unusually large values.")
        var up = SpotParameters().up

        @Flag(inversion: .prefixedNo, help: "Flag unusually small values.")
        var down = SpotParameters().down

        @Option(help: "The number of values of the tail that are kept.")
        var maxExcess = SpotParameters().maxExcess

        @Option(
            help: "What becomes of flagged values: \(Spot.names(SpotParameters.Policy.self)); by default censor.",
            transform: Spot.choice
        )
        var policy = SpotParameters().policy

        @Option(help: "How many of 64 values have to be flagged for a change of regime; 0 for never.")
        var regime: Int?

        @Option(
            help: "What is made of the values first: \(Spot.names(SeriesTransform.self)); by default raw.",
            transform: Spot.choice
        )
        var transform = SeriesTransform.raw

        @Option(
            help: "What is taken off first: \(Spot.names(SpotSelection.Baseline.self)); by default off.",
            transform: Spot.choice
        )
        var baseline = SpotSelection.Baseline.off

        @Option(
            help: "For how long values have to be normal for an alert to be over; by default 5m.",
            transform: Spot.milliseconds
        )
        var resolveAfter: Int64 = 300_000

        var parameters: SpotParameters {
            SpotParameters(
                depth: depth,
                q: share,
                initialCount: initialCount,
                level: level,
                up: up,
                down: down,
                maxExcess: maxExcess,
                policy: policy,
                regime: regime
            )
        }
    }

    @Sendable private static func milliseconds(_ text: String) throws -> Int64 {
        guard let milliseconds = SpotCommand.milliseconds(text) else {
            throw ValidationError("expected a duration such as 15s or 5m, found \"\(text)\"")
        }
        return milliseconds
    }

    /// A choice by its name.
    @Sendable private static func choice<Choice: CaseIterable & RawRepresentable>(_ text: String) throws -> Choice
    where Choice.RawValue == String {
        guard let choice = Choice(rawValue: text) else {
            throw ValidationError("expected one of \(names(Choice.self)), found \"\(text)\"")
        }
        return choice
    }

    private static func names<Choice: CaseIterable & RawRepresentable>(_ choice: Choice.Type) -> String
    where Choice.RawValue == String {
        choice.allCases.map(\.rawValue).joined(separator: ", ")
    }
}
