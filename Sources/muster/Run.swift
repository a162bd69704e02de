import Agent
import ArgumentParser
import Logging

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Watch services until SIGTERM or SIGINT.")

    @OptionGroup var configuration: ConfigurationOption

    @Option(help: "Listen here instead of where the configuration says, as HOST:PORT.", transform: address)
    var listen: ListenAddress?

    @Option(help: "The least severe level that is logged: \(levels).", transform: level)
    var logLevel: Logger.Level = .info

    @Option(help: "The folder for what must survive a restart, instead of the configuration's.")
    var stateDir: String?

    func run() async throws {
        try await Exit.withClearErrors {
            try await RunCommand(
                configurationFile: configuration.config,
                listen: listen.map { ($0.host, $0.port) },
                stateDirectory: stateDir,
                logLevel: logLevel
            ).run()
        }
    }

    private static let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")

    @Sendable private static func level(_ text: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: text) else {
            throw ValidationError("expected one of \(levels), found \"\(text)\"")
        }
        return level
    }

    @Sendable private static func address(_ text: String) throws -> ListenAddress {
        guard let (host, port) = WebConfiguration.parseAddress(text) else {
            throw ValidationError("expected HOST:PORT, found \"\(text)\"")
        }
        return ListenAddress(host: host, port: port)
    }
}

/// Where to listen.
struct ListenAddress: Sendable {
    var host: String
    var port: Int
}
