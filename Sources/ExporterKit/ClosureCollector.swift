/// A collector that is a closure.
///
/// ```swift
/// let uptime = ClosureCollector("uptime", interval: .seconds(60)) { batch in
///     batch.gauge("uptime_seconds", "How long it has been up.", try await connection.uptime())
/// }
/// ```
public struct ClosureCollector: MetricCollector {
    /// The name.
    public let name: String
    /// How often to collect; nil for the interval of the service's template.
    public let interval: Duration?
    /// How long a collection may take; nil for the timeout of the service's template.
    public let timeout: Duration?
    private let body: @Sendable (inout MetricBatch) async throws -> Void

    /// Creates a collector.
    ///
    /// - Parameters:
    ///   - name: A name, unique within the exporter.
    ///   - interval: How often to collect; nil for the interval of the service's template.
    ///   - timeout: How long a collection may take; nil for the timeout of the service's template.
    ///   - body: Collects; see ``MetricCollector/collect(into:)``.
    public init(
        _ name: String,
        interval: Duration? = nil,
        timeout: Duration? = nil,
        _ body: @escaping @Sendable (inout MetricBatch) async throws -> Void
    ) {
        self.name = name
        self.interval = interval
        self.timeout = timeout
        self.body = body
    }

    /// Calls the closure.
    public func collect(into batch: inout MetricBatch) async throws {
        try await body(&batch)
    }
}
