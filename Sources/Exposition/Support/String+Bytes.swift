extension String {
    /// Calls `body` with the UTF-8 bytes.
    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        var copy = self
        return copy.withUTF8(body)
    }

    /// Whether both are the same bytes. `==` would also take different spellings of one character for equal, which are
    /// different names and values to whoever reads a page.
    @inline(__always)
    package func hasSameBytes(as other: String) -> Bool {
        isSameValue(as: other) || withBytes { left in other.withBytes { right in Bytes.equal(left, right) } }
    }

    /// Whether both are the same value in memory, which is mostly so for names that come from one place. It says nothing if
    /// they are not.
    @inline(__always)
    private func isSameValue(as other: String) -> Bool {
        withUnsafeBytes(of: self) { left in withUnsafeBytes(of: other) { right in Bytes.equal(left, right) } }
    }

    /// Whether it comes first in the order of UTF-8 bytes.
    package func precedesByBytes(_ other: String) -> Bool {
        withBytes { left in other.withBytes { right in Bytes.compare(left, right) < 0 } }
    }

    /// The text without an ending; nil if it does not end so.
    func removingSuffix(_ suffix: String) -> String? {
        let hasSuffix = withBytes { bytes in
            suffix.withBytes { suffix in
                bytes.count > suffix.count
                    && Bytes.equal(UnsafeBufferPointer(rebasing: bytes[(bytes.count - suffix.count)...]), suffix)
            }
        }
        return hasSuffix ? String(decoding: utf8.dropLast(suffix.utf8.count), as: UTF8.self) : nil
    }

    /// The text, or as much of it as fits, with `…` for the rest.
    func bounded(to limit: Int) -> String {
        guard utf8.count > limit else { return self }
        return String(decoding: utf8.prefix(limit), as: UTF8.self) + "…"
    }
}
