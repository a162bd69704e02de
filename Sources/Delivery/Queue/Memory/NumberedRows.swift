/// Values that are numbered in the order in which they are appended, from 1, and removed in any order: the table of a queue
/// in memory.
struct NumberedRows<Value: Sendable>: Sendable {
    /// What is left, oldest first; nil where a value was removed.
    private var values: [Value?] = []
    /// How many of them at the beginning are known to be removed.
    private var start = 0
    /// The number of the first of `values`.
    private var base: Int64 = 1

    /// The oldest that is left.
    var first: (number: Int64, value: Value)? { first(after: 0) }

    /// Adds a value.
    mutating func append(_ value: Value) {
        values.append(value)
    }

    /// The value of a number, if it is still there.
    subscript(number: Int64) -> Value? {
        guard number >= base, number - base < values.count else { return nil }
        return values[Int(number - base)]
    }

    /// The first that is left after a number.
    func first(after number: Int64) -> (number: Int64, value: Value)? {
        var index = max(start, Int(max(0, number + 1 - base)))
        while index < values.count {
            if let value = values[index] { return (base + Int64(index), value) }
            index += 1
        }
        return nil
    }

    /// The numbers of those that a test is true for, oldest first.
    func numbers(where isMeant: (Value) -> Bool) -> [Int64] {
        values.indices.dropFirst(start).compactMap { index in
            values[index].flatMap { isMeant($0) ? base + Int64(index) : nil }
        }
    }

    /// Removes a value.
    mutating func remove(_ number: Int64) -> Value? {
        guard let value = self[number] else { return nil }
        values[Int(number - base)] = nil
        while start < values.count, values[start] == nil { start += 1 }
        // Moving the rest costs no more than what was removed.
        if start > 64, start * 2 > values.count {
            values.removeFirst(start)
            base += Int64(start)
            start = 0
        }
        return value
    }
}
