import Agent
import ArgumentParser

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Name everything that is wrong in the configuration and the query files; exit 1 if anything is."
    )

    @OptionGroup var configuration: ConfigurationOption

    func run() async throws {
        let problems = CheckCommand(configurationFile: configuration.config).problems()
        guard problems.isEmpty else {
            for problem in problems { Exit.printError("\(problem)") }
            throw ExitCode(1)
        }
        print("ok")
    }
}
