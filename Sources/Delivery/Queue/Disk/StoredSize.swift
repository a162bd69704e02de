/// How much of a database file a record takes.
///
/// See "B-tree Cell Format" and "Cell Payload Overflow Pages" in https://www.sqlite.org/fileformat2.html.
enum StoredSize {
    /// The size of a page, SQLite's default.
    static let page = 4096
    /// The bytes for a chunk of so many samples whose encoding has so many bytes.
    static func chunk(_ count: Int, samples: Int) -> Int {
        row(count) + 32 + (samples + 7) / 8
    }

    /// The bytes for a row with a blob of so many bytes: what is beside the others in its page, and the pages for the rest.
    static func row(_ count: Int) -> Int {
        let payload = max(0, count) + 16
        let most = page - 35
        guard payload > most else { return payload }
        let least = (page - 12) * 32 / 255 - 23
        let fitting = least + (payload - least) % (page - 4)
        let local = fitting <= most ? fitting : least
        return local + (payload - local + page - 5) / (page - 4) * page
    }
}
