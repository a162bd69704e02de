import Agent
import ArgumentParser

struct Modules: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print every exporting module with its parameters, as a configuration with comments."
    )

    @Argument(help: "Only this module.")
    var module: String?

    func run() async throws {
        try await Exit.withClearErrors {
            print(try ModulesCommand(module: module).run(), terminator: "")
        }
    }
}
