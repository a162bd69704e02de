import Agent
import ArgumentParser

/// The program: it parses arguments and hands them to the agent.
@main
struct Muster: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "muster",
        abstract: "Watches the services that exist now: one exporter for each, one page for Prometheus.",
        version: AgentVersion.current,
        subcommands: [Run.self, Check.self, Discover.self, Collect.self, Modules.self, Spot.self],
        defaultSubcommand: Run.self
    )
}
