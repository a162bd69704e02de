import Glibc

extension String {
    /// Whether the bytes are the same. `==` also takes for equal what only looks the same.
    func isSame(as other: String) -> Bool {
        if isIdentical(to: other) { return true }
        var left = self
        var right = other
        return left.withUTF8 { left in
            right.withUTF8 { right in
                guard left.count == right.count else { return false }
                guard let first = left.baseAddress, let second = right.baseAddress else { return true }
                return memcmp(first, second, left.count) == 0
            }
        }
    }

    /// Whether the same storage, or the same bits in place of a storage, hold both: then they are the same.
    @inline(__always)
    private func isIdentical(to other: String) -> Bool {
        withUnsafeBytes(of: self) { left in
            withUnsafeBytes(of: other) { right in
                guard left.count == 16 else { return false }
                return left.loadUnaligned(as: UInt64.self) == right.loadUnaligned(as: UInt64.self)
                    && left.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                        == right.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            }
        }
    }
}
