import Agent
import ArgumentParser

struct Collect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Discover, set up, collect once, print the samples and close; exit 1 if anything failed."
    )

    @OptionGroup var configuration: ConfigurationOption

    @Option(help: "Only the services with this name.")
    var service: String?

    @Option(help: "prometheus or openmetrics.")
    var format: Format = .prometheus

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case prometheus
        case openmetrics
    }

    func run() async throws {
        try await Exit.withClearErrors {
            let command = CollectCommand(
                configurationFile: configuration.config,
                service: service,
                isOpenMetrics: format == .openmetrics
            )
            let result = try await command.run()
            print(result.page, terminator: "")
            for error in result.errors { Exit.printError(error) }
            if !result.errors.isEmpty { throw ExitCode(1) }
        }
    }
}
