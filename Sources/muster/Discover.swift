import Agent
import ArgumentParser

struct Discover: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask every source once; show each service with the exporter that it matches, or why none."
    )

    @OptionGroup var configuration: ConfigurationOption

    @Option(help: "table or json.")
    var format: Format = .table

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table
        case json
    }

    func run() async throws {
        try await Exit.withClearErrors {
            let result = try await DiscoverCommand(configurationFile: configuration.config).run()
            print(format == .json ? try result.json() : result.table(), terminator: "")
            for error in result.errors { Exit.printError(error) }
            if !result.errors.isEmpty { throw ExitCode(1) }
        }
    }
}
