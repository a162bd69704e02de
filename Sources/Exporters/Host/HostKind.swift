public import ExporterKinds
public import ExporterKit
public import Settings

/// The machine itself, under node_exporter's metric names. In a configuration: `host`.
///
/// The block, with its defaults:
/// ```yaml
/// host:
///   root: /                 # where /proc, /sys and /etc are looked for; such as /host in a container
///   collectors: [conntrack, cpu, diskstats, entropy, filefd, filesystem, loadavg, meminfo, netclass, netdev, os,
///     pressure, stat, time, uname, vmstat]
///   disk: {include: ..., exclude: ...}        # regular expressions on device names
///   network: {include: ..., exclude: ...}     # the same on interfaces, for netclass and netdev
///   filesystem: {mount_points_include: ..., mount_points_exclude: ..., types_include: ..., types_exclude: ...,
///     timeout: ...}         # how long one mount may take before it is left alone
/// ```
/// Regular expressions match anywhere in a name unless they are anchored, as in node_exporter, and the excluding ones
/// have its defaults.
public struct HostKind: ExporterKind {
    private let stuckMounts = StuckMounts()

    /// Creates the kind. Its exporters share what they know about mounts that do not answer.
    public init() {}

    /// `host`.
    public var name: String { "host" }

    /// Names everything that is wrong in a block.
    public func check(
        _ settings: SettingsNode,
        directory: String,
        acceptsTemplates: Bool,
        problems: ProblemList
    ) {
        _ = HostSettings(settings, acceptsTemplates: acceptsTemplates, problems: problems)
    }

    /// Makes an exporter of this machine; the service's address does not matter.
    ///
    /// - Throws: `SettingsError` if the block is wrong.
    public func makeExporter(_ context: ExporterContext) throws -> any Exporter {
        let problems = ProblemList()
        let settings = HostSettings(context.settings, acceptsTemplates: false, problems: problems)
        try problems.throwIfAny()
        // Several mounts may be found stuck in one collection, and it should still end in time.
        let mountTimeout = settings.mountTimeout ?? min(.seconds(5), context.timeout / 4)
        let probe = MountProbe(stuck: stuckMounts, timeout: mountTimeout, clock: ContinuousClock())
        return try HostExporter(settings: settings, probe: probe, logger: context.logger)
    }
}
