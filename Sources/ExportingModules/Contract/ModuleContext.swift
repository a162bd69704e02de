public import Settings
public import Transport

/// What a module is given besides its parameters: its name, and what it shares with the rest of the program.
public struct ModuleContext: Sendable {
    /// The user's name for this module, different for any two modules of a configuration.
    public var name: String
    /// The name of the agent.
    public var agent: String
    /// The folder that relative paths in the configuration are relative to.
    public var directory: String
    /// The environment that secrets may come from.
    public var environment: [String: String]
    /// The reactor, the resolver and the HTTP client; nil for a module that does not cross the network.
    public var network: NetworkServices?

    /// Creates a context.
    public init(
        name: String = "",
        agent: String = "",
        directory: String = ".",
        environment: [String: String] = [:],
        network: NetworkServices? = nil
    ) {
        self.name = name
        self.agent = agent
        self.directory = directory
        self.environment = environment
        self.network = network
    }

    /// Reads a secret. Read it anew for each start or each attempt, so that a changed one is used.
    ///
    /// - Throws: `SecretError`, which names where the secret should be.
    public func reveal(_ secret: SecretReference) throws(SecretError) -> Secret {
        try secret.resolve(environment: environment, directory: directory)
    }

    /// The network.
    ///
    /// - Throws: ``ModuleConfigurationError`` if there is none.
    public func requiredNetwork() throws(ModuleConfigurationError) -> NetworkServices {
        guard let network else {
            throw ModuleConfigurationError(name, "the module needs the network, and is given none")
        }
        return network
    }

    /// A path of the configuration as an absolute one, or relative to the program's folder.
    public func path(_ path: String) -> String {
        path.hasPrefix("/") ? path : directory + "/" + path
    }
}
