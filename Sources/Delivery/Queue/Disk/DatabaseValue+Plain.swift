import Foundation
import GRDB

// Not inlined: the optimizer of Swift 6.3 crashes on some loops over rows otherwise.
extension DatabaseValue {
    /// A whole number that a queue may have written: not negative, and small enough to be counted with.
    @inline(never) var count: Int? {
        guard case .int64(let value) = storage, value >= 0, value <= 1 << 53 else { return nil }
        return Int(value)
    }

    /// Any whole number.
    @inline(never) var integer: Int64? {
        guard case .int64(let value) = storage else { return nil }
        return value
    }

    /// Bytes.
    @inline(never) var bytes: Data? {
        guard case .blob(let value) = storage else { return nil }
        return value
    }
}

extension Row {
    /// A column's value, whatever it is.
    func value(_ index: Int) -> DatabaseValue { self[index] }
}
