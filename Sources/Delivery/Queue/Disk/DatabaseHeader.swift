import Glibc

/// The first bytes of a database file, as far as SQLite does not say clearly what is wrong with them.
///
/// See "The Database Header" in https://www.sqlite.org/fileformat2.html.
enum DatabaseHeader {
    /// What is wrong with the file: it says of itself that it is of a version that there has never been. SQLite would
    /// only read it, or not at all. nil if nothing is wrong, also if it is no database.
    static func problem(in path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 48)
        guard pread(descriptor, &bytes, bytes.count, 0) == bytes.count, bytes.starts(with: "SQLite format 3\0".utf8)
        else { return nil }
        guard bytes[18] <= 2, bytes[19] <= 2 else { return "the header says version \(bytes[18]), \(bytes[19])" }
        let format = bytes[44..<48].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return format <= 4 ? nil : "the header says schema format \(format)"
    }
}
