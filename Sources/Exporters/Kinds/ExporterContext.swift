public import Logging
public import Settings

/// Everything that an exporter of one service is made from.
public struct ExporterContext: Sendable {
    /// The service's name.
    public var service: String
    /// A host name, an IP address, or a path.
    public var address: String
    /// The port, if the service has one.
    public var port: Int?
    /// The block under the kind's name, rendered, secrets resolved.
    public var settings: SettingsNode
    /// How often collectors without an interval of their own are run.
    public var interval: Duration
    /// How long a collection may take.
    public var timeout: Duration
    /// The folder that relative paths are relative to.
    public var directory: String
    /// Carries the service as metadata.
    public var logger: Logger

    /// Creates a context.
    public init(
        service: String,
        address: String,
        port: Int? = nil,
        settings: SettingsNode,
        interval: Duration,
        timeout: Duration,
        directory: String,
        logger: Logger
    ) {
        self.service = service
        self.address = address
        self.port = port
        self.settings = settings
        self.interval = interval
        self.timeout = timeout
        self.directory = directory
        self.logger = logger
    }
}
