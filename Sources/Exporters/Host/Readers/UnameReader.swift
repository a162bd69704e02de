import Exposition
import Glibc

/// `node_uname_info`: what the kernel calls itself.
struct UnameReader: HostReader {
    var name: HostCollectorName { .uname }
    var readsFiles: Bool { false }

    func read(from root: HostRoot) throws -> [MetricFamily] {
        var system = utsname()
        guard uname(&system) == 0 else { throw HostFileError(path: "uname", code: errno) }
        // Six fields of the same length, one after the other; the last has a name that depends on feature macros.
        let names = ["sysname", "nodename", "release", "version", "machine", "domainname"]
        let labels = withUnsafeBytes(of: &system) { bytes in
            let length = bytes.count / names.count
            return names.enumerated().map { index, name in
                let field = bytes[index * length..<(index + 1) * length].prefix { $0 != 0 }
                return Label(name, String(decoding: field, as: UTF8.self))
            }
        }
        let help = "Labeled system information as provided by the uname system call."
        return [.info("node_uname_info", help, LabelSet(labels))]
    }
}
