/// One group of metrics of an exporter, collected together, with its own interval and timeout.
public protocol MetricCollector: Sendable {
    /// A short name, unique within the exporter, for logs and for the API.
    var name: String { get }

    /// How often to collect; nil for the interval of the service's template.
    var interval: Duration? { get }

    /// How long a collection may take; nil for the timeout of the service's template.
    var timeout: Duration? { get }

    /// Collects.
    ///
    /// It never overlaps itself. The host cancels the task when the timeout passes and counts the collection as failed;
    /// what it does after that is ignored. When it throws, the samples of the last good collection stay until they are
    /// stale. Use ``MetricBatch/part(_:isolation:_:)`` where one piece may fail and the others should not.
    ///
    /// - Parameter batch: Where the samples go.
    func collect(into batch: inout MetricBatch) async throws
}

extension MetricCollector {
    /// The interval of the service's template.
    public var interval: Duration? { nil }

    /// The timeout of the service's template.
    public var timeout: Duration? { nil }
}
