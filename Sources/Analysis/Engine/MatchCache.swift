/// Remembers small answers by hash. A new answer may take the place of an old one, so it never grows beyond its bound.
struct MatchCache: Sendable {
    private struct Slot {
        var hash: UInt64 = 0
        var answer: Int32 = empty
    }

    private static let empty = Int32.min
    private static let firstSize = 1024
    private let largestSize: Int
    private var slots: ContiguousArray<Slot>
    /// How often an answer took the place of another since the cache has had its size.
    private var displaced = 0

    /// Creates a cache for at least so many answers; the bound is rounded up to a power of two.
    init(bound: Int) {
        var size = Self.firstSize
        while size < bound, size < 1 << 24 { size *= 2 }
        largestSize = size
        slots = ContiguousArray(repeating: Slot(), count: Self.firstSize)
    }

    /// How many answers there is room for.
    var size: Int { slots.count }

    /// The answer for a hash; nil if it is not remembered.
    @inline(__always)
    subscript(hash: UInt64) -> Int32? {
        let slot = slots[Int(truncatingIfNeeded: hash) & (slots.count &- 1)]
        return slot.hash == hash && slot.answer != Self.empty ? slot.answer : nil
    }

    /// Remembers an answer, which is not the smallest number.
    mutating func remember(_ answer: Int32, for hash: UInt64) {
        let index = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        if slots[index].answer != Self.empty, slots[index].hash != hash {
            displaced += 1
            if displaced * 4 > slots.count, slots.count < largestSize {
                grow()
                remember(answer, for: hash)
                return
            }
        }
        slots[index] = Slot(hash: hash, answer: answer)
    }

    private mutating func grow() {
        let old = slots
        slots = ContiguousArray(repeating: Slot(), count: min(old.count * 4, largestSize))
        displaced = 0
        for slot in old where slot.answer != Self.empty {
            slots[Int(truncatingIfNeeded: slot.hash) & (slots.count - 1)] = slot
        }
    }
}
