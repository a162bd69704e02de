public import ExportingModules

/// One exporting module with all that it takes to run it.
public struct ModuleEntry: Sendable {
    /// The user's name for it, different for any two modules of a hub.
    public var name: String
    /// The module, made but not started.
    public var module: any ExportingModule
    /// Which records it gets of those kinds that it takes.
    public var filter: SampleFilter
    /// Where its records wait. The hub closes it.
    public var queue: any RecordQueue
    /// How it is run.
    public var settings: RunnerSettings

    /// The name of its kind, such as `file`.
    public var kind: String { type(of: module).name }

    /// Creates an entry.
    public init(
        name: String,
        module: any ExportingModule,
        filter: SampleFilter = SampleFilter(),
        queue: any RecordQueue,
        settings: RunnerSettings = RunnerSettings()
    ) {
        self.name = name
        self.module = module
        self.filter = filter
        self.queue = queue
        self.settings = settings
    }
}
