import Glibc

/// Texts as C wants them.
enum CStrings {
    /// Calls `body` with the texts in an array that ends with a null pointer; nil is a null pointer too. They are gone
    /// afterwards.
    static func with<Result>(
        _ texts: [String?],
        _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        let copies = texts.map { text in text.flatMap { strdup($0) } } + [nil]
        defer { for copy in copies { free(copy) } }
        return body(copies.map { UnsafePointer($0) })
    }
}
