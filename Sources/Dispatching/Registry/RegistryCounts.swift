/// How often an ``ExporterRegistry`` has opened and closed exporters.
public struct RegistryCounts: Sendable, Hashable {
    /// Exporters whose setup has begun.
    public var created = 0
    /// Exporters that have been closed. Equals ``created`` once everything has ended.
    public var closed = 0
    /// Setups that succeeded.
    public var setups = 0
    /// Setups that failed, timed out or were cancelled.
    public var failedSetups = 0
    /// Setups that did not come back in time and were left alone; they are closed when they come back.
    public var abandonedSetups = 0
    /// Closings that did not come back in time and were left alone.
    public var abandonedCloses = 0
    /// Exporters that are open now.
    public var open = 0
}
