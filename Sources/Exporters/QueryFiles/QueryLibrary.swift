import Glibc
public import Settings
import Synchronization

/// The query files of one kind of exporter, parsed once however many services use them, and again when they change.
///
/// Whether a file has changed is told by its inode, size and times, so asking costs one `stat` per file.
public final class QueryLibrary: Sendable {
    private struct Stamp: Sendable, Hashable {
        var device: UInt64
        var inode: UInt64
        var size: Int64
        var modified: [Int]
        var changed: [Int]
    }

    private struct Loaded: Sendable {
        var stamp: Stamp?
        var queries: [QueryDefinition]
        var problems: [SettingsProblem]
        var digest: String
    }

    /// The most files that are kept; with more than that some are parsed again.
    private static let maximumFiles = 256

    private let defaultPrefix: String
    private let files = Mutex<[String: Loaded]>([:])

    /// Creates an empty library.
    ///
    /// - Parameter defaultPrefix: What stands before the names of metrics from hubble's files, such as `postgres`.
    public init(defaultPrefix: String) {
        self.defaultPrefix = defaultPrefix
    }

    /// Reads the files that a setting names.
    ///
    /// - Parameters:
    ///   - node: A path, or a list of them.
    ///   - directory: The folder that relative paths are relative to.
    ///   - acceptsTemplates: Whether paths with `${...}` are passed over, because they are not rendered yet.
    ///   - problems: Where everything goes that is wrong, in the setting or in the files.
    /// - Returns: The queries of all files. Use them only if nothing was added to `problems`.
    public func load(
        _ node: SettingsNode,
        directory: String,
        acceptsTemplates: Bool = false,
        problems: ProblemList
    ) -> [QueryDefinition] {
        var queries: [QueryDefinition] = []
        var seen: [String: Position] = [:]
        for item in Self.items(node, problems: problems) {
            guard let text = item.text, !text.isEmpty else {
                problems.add("expected the path of a query file, found \(item.found)", at: item)
                continue
            }
            if acceptsTemplates, item.isTemplate { continue }
            let loaded = load(Self.absolute(text, directory))
            if loaded.stamp == nil {
                for problem in loaded.problems {
                    problems.add("\(problem.position.file) \(problem.message)", at: item)
                }
            } else {
                problems.add(contentsOf: loaded.problems)
            }
            for query in loaded.queries {
                if let first = seen[query.name], first.file != query.position.file {
                    let message = "the query \"\(query.name)\" is defined twice, first at \(first)"
                    problems.add(SettingsProblem(position: query.position, path: query.path, message: message))
                } else if seen[query.name] == nil {
                    seen[query.name] = query.position
                }
            }
            queries.append(contentsOf: loaded.queries)
        }
        return queries
    }

    /// A digest of the files' content, in order: it changes when one of them does.
    public func fingerprint(_ node: SettingsNode, directory: String) -> String {
        Self.items(node, problems: ProblemList())
            .map { load(Self.absolute($0.text ?? "", directory)).digest }
            .joined(separator: ",")
    }

    // MARK: - Files

    private func load(_ path: String) -> Loaded {
        let stamp = Self.stamp(path)
        if stamp != nil, let known = files.withLock({ $0[path] }), known.stamp == stamp { return known }
        let loaded = parse(path, stamp)
        files.withLock { files in
            if files.count >= Self.maximumFiles { files.removeAll() }
            files[path] = loaded
        }
        return loaded
    }

    private func parse(_ path: String, _ stamp: Stamp?) -> Loaded {
        let problems = ProblemList()
        do {
            let text = try BoundedFile.read(path, maximumLength: QueryFile.maximumLength)
            let queries = QueryFile.parse(text, file: path, defaultPrefix: defaultPrefix, problems: problems)
            return Loaded(stamp: stamp, queries: queries, problems: problems.problems, digest: Self.digest(text))
        } catch {
            problems.add(SettingsProblem(position: Position(file: path), message: "cannot be read: \(error)"))
            return Loaded(stamp: nil, queries: [], problems: problems.problems, digest: "unreadable")
        }
    }

    private static func items(_ node: SettingsNode, problems: ProblemList) -> [SettingsNode] {
        switch node.content {
        case .scalar: return [node]
        case .sequence(let items):
            if items.isEmpty { problems.add("needs at least one query file", at: node) }
            return items
        default:
            problems.add("expected a list of query files, found \(node.found)", at: node)
            return []
        }
    }

    private static func absolute(_ path: String, _ directory: String) -> String {
        path.hasPrefix("/") || directory.isEmpty ? path : directory + "/" + path
    }

    private static func stamp(_ path: String) -> Stamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Stamp(
            device: UInt64(status.st_dev),
            inode: UInt64(status.st_ino),
            size: Int64(status.st_size),
            modified: [status.st_mtim.tv_sec, status.st_mtim.tv_nsec],
            changed: [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
        )
    }

    /// FNV-1a and the length: it only has to tell versions of one file apart, and to be the same on every machine.
    private static func digest(_ text: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return String(hash, radix: 16) + "-" + String(text.utf8.count)
    }
}
