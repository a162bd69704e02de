import Settings

/// `muster check`: names everything that is wrong in the configuration and in the files that it names.
public struct CheckCommand: Sendable {
    private let configurationFile: String

    /// Creates the command.
    public init(configurationFile: String) {
        self.configurationFile = configurationFile
    }

    /// Every problem as `file:line:column: what, and what was expected`; none if all is well.
    public func problems() -> [String] {
        do {
            let kinds = try BuiltInKinds()
            _ = try AgentConfiguration.read(file: configurationFile, kinds: kinds.kinds)
            return []
        } catch let error as SettingsError {
            return error.problems.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }
}
