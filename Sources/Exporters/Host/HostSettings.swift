import Settings

/// The block under `host`.
struct HostSettings: Sendable {
    /// Regular expressions that choose names; nil for none.
    struct Patterns: Sendable, Hashable {
        var include: String?
        var exclude: String?
    }

    var root = "/"
    var collectors = Set(HostCollectorName.allCases)
    var disks = Patterns(exclude: #"^(ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$"#)
    var interfaces = Patterns()
    var mountPoints = Patterns(
        exclude: #"^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)"#
    )
    var filesystemTypes = Patterns(
        exclude: "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|"
            + "nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tracefs)$"
    )
    var mountTimeout: Duration?

    /// The defaults.
    init() {}

    /// Reads a block; what is wrong with it goes to `problems`.
    init(_ node: SettingsNode, acceptsTemplates: Bool, problems: ProblemList) {
        let reader = MappingReader(node, problems: problems, acceptsTemplates: acceptsTemplates)
        if let value = reader.value("root"), let path = reader.string("root"), !(acceptsTemplates && value.isTemplate) {
            if !path.hasPrefix("/") { problems.add("expected an absolute path, found \(value.found)", at: value) }
            root = path
        }
        if let items = reader.items("collectors") {
            collectors = []
            for item in items where !(acceptsTemplates && item.isTemplate) {
                if let name = item.text.flatMap(HostCollectorName.init(rawValue:)) {
                    collectors.insert(name)
                } else {
                    problems.add(Self.unknownCollector(item), at: item)
                }
            }
        }
        if let disk = reader.mapping("disk") {
            Self.read(disk, into: &disks, include: "include", exclude: "exclude")
            disk.finish()
        }
        if let network = reader.mapping("network") {
            Self.read(network, into: &interfaces, include: "include", exclude: "exclude")
            network.finish()
        }
        if let filesystem = reader.mapping("filesystem") {
            Self.read(
                filesystem,
                into: &mountPoints,
                include: "mount_points_include",
                exclude: "mount_points_exclude"
            )
            Self.read(filesystem, into: &filesystemTypes, include: "types_include", exclude: "types_exclude")
            mountTimeout = filesystem.duration("timeout", in: .milliseconds(10) ... .seconds(3600))
            filesystem.finish()
        }
        reader.finish()
    }

    private static func unknownCollector(_ item: SettingsNode) -> String {
        let names = HostCollectorName.allCases.map(\.rawValue)
        let nearest = item.text.flatMap { Suggestion.nearest(to: $0, among: names) }
        let hint = nearest.map { "; did you mean \"\($0)\"?" } ?? "; known are \(names.joined(separator: ", "))"
        return "expected the name of a collector, found \(item.found)\(hint)"
    }

    /// An empty expression switches a default off.
    private static func read(_ reader: MappingReader, into patterns: inout Patterns, include: String, exclude: String) {
        func pattern(_ key: String) -> String? {
            guard let value = reader.value(key), let text = reader.string(key) else { return nil }
            if reader.acceptsTemplates, value.isTemplate { return nil }
            if text.isEmpty || NameFilter.isPattern(text) { return text }
            reader.problems.add("expected a regular expression, found \(value.found)", at: value)
            return nil
        }
        if let text = pattern(include) {
            patterns.include = text.isEmpty ? nil : text
            // As in node_exporter: who says what is wanted does not want the default exclusions.
            if !reader.has(exclude) { patterns.exclude = nil }
        }
        if let text = pattern(exclude) { patterns.exclude = text.isEmpty ? nil : text }
    }
}
