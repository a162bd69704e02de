import Glibc

/// Which folders must be watched, and for which names in them, so that no change of what a pattern means is missed.
///
/// Editors and deployment tools replace files by renaming, and Kubernetes swaps a link in the middle of the path: so
/// the folders are watched, not the files, and every link on the way is followed with its own folder and name.
struct WatchPlan: Equatable {
    /// Names or patterns of names, for `fnmatch`, by folder.
    private(set) var names: [String: Set<String>] = [:]
    /// Whether some folders had to be left out.
    private(set) var isCut = false

    /// The most folders that are watched.
    static let maximumFolders = 4096
    /// The longest chain of links that is followed, as in the kernel.
    private static let maximumLinks = 40

    init(_ patterns: [PathPattern]) {
        for pattern in patterns { walk("/", pattern.components[...], links: 0) }
    }

    private mutating func walk(_ folder: String, _ components: ArraySlice<String>, links: Int) {
        guard let component = components.first else { return }
        let rest = components.dropFirst()
        if component == ".." {
            // The folder is free of links here, so its parent is the text before the last slash.
            let parent = folder.split(separator: "/").dropLast().joined(separator: "/")
            walk("/" + parent, rest, links: links)
            return
        }
        if PathPattern.isWild(component) {
            add(component, in: folder)
            let flags = rest.isEmpty ? 0 : GLOB_ONLYDIR
            let matches = (try? PathPattern.glob(Self.join(Self.escape(folder), component), flags: flags)) ?? []
            for match in matches {
                guard let name = match.split(separator: "/").last else { continue }
                enter(folder, String(name), rest, links: links)
            }
        } else {
            enter(folder, component, rest, links: links)
        }
    }

    private mutating func enter(_ folder: String, _ name: String, _ rest: ArraySlice<String>, links: Int) {
        guard !isCut else { return }
        let path = Self.join(folder, name)
        var status = stat()
        guard lstat(path, &status) == 0 else {
            add(Self.escape(name), in: folder)
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFLNK:
            add(Self.escape(name), in: folder)
            guard links < Self.maximumLinks, let target = Self.target(of: path) else { return }
            let components = target.split(separator: "/").filter { $0 != "." }.map(String.init)
            // What a link says is a path, not a pattern, so it is followed name by name.
            follow(target.hasPrefix("/") ? "/" : folder, components[...], then: rest, links: links + 1)
        case S_IFDIR where !rest.isEmpty:
            walk(path, rest, links: links)
        default:
            add(Self.escape(name), in: folder)
        }
    }

    private mutating func follow(
        _ folder: String,
        _ names: ArraySlice<String>,
        then rest: ArraySlice<String>,
        links: Int
    ) {
        guard let name = names.first else {
            walk(folder, rest, links: links)
            return
        }
        let remaining = names.dropFirst()
        if name == ".." {
            let parent = folder.split(separator: "/").dropLast().joined(separator: "/")
            follow("/" + parent, remaining, then: rest, links: links)
            return
        }
        let path = Self.join(folder, name)
        var status = stat()
        if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            follow(path, remaining, then: rest, links: links)
        } else if remaining.isEmpty {
            enter(folder, name, rest, links: links)
        } else {
            add(Self.escape(name), in: folder)
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK, links < Self.maximumLinks,
                let target = Self.target(of: path)
            else { return }
            let components = target.split(separator: "/").filter { $0 != "." }.map(String.init) + remaining
            follow(target.hasPrefix("/") ? "/" : folder, components[...], then: rest, links: links + 1)
        }
    }

    private mutating func add(_ name: String, in folder: String) {
        if names[folder] == nil, names.count >= Self.maximumFolders {
            isCut = true
            return
        }
        names[folder, default: []].insert(name)
    }

    private static func join(_ folder: String, _ name: String) -> String {
        folder == "/" ? "/" + name : folder + "/" + name
    }

    private static func target(of link: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(link, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }

    /// Makes a name stand for itself in a pattern.
    private static func escape(_ name: String) -> String {
        var escaped = ""
        for character in name.unicodeScalars {
            if #"\*?["#.unicodeScalars.contains(character) { escaped += "\\" }
            escaped.unicodeScalars.append(character)
        }
        return escaped
    }
}
