import Agent
import TestSupport

/// The program that is killed: the whole agent, as `muster run` starts it, with the kind of exporter ``NumberedKind``.
struct AgentProgram {
    private let configuration: String
    private let kind: NumberedKind

    /// Options: `config` (a file), `journal` (a file), `first` (the first number), `quiet` (1 to give nothing).
    init(_ options: Options) throws {
        configuration = try options.text("config")
        kind = NumberedKind(
            journal: try Journal.Writer(options.text("journal")),
            first: try options.integer("first") ?? 1,
            isQuiet: try options.integer("quiet") == 1
        )
    }

    func run() async throws {
        try await RunCommand(configurationFile: configuration, otherKinds: [kind]).run()
    }
}
