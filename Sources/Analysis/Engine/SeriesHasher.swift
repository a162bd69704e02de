import Exposition

/// Hashes texts quickly to 64 bits that nobody outside can foretell. Not the same in two runs.
///
/// Eight bytes at a time are multiplied into the state and both halves of the product combined, as in wyhash.
struct SeriesHasher: Sendable {
    private let seed: UInt64
    private let factor: UInt64

    /// Creates a hasher with a random secret.
    init() {
        self.init(seed: .random(in: .min ... .max), factor: .random(in: .min ... .max))
    }

    init(seed: UInt64, factor: UInt64) {
        self.seed = seed | 1
        self.factor = factor | 0x8000_0000_0000_0001
    }

    /// The state before the first text.
    var start: UInt64 { seed }

    /// The state after one more text.
    @inline(__always)
    func adding(_ text: String, to state: UInt64) -> UInt64 {
        if let hash = text.utf8.withContiguousStorageIfAvailable({ add($0, to: state) }) { return hash }
        return addSlowly(text, to: state)
    }

    /// The state after all labels of a set.
    @inline(__always)
    func adding(_ labels: LabelSet, to state: UInt64) -> UInt64 {
        labels.labels.withUnsafeBufferPointer { labels in
            var state = state
            for index in labels.indices {
                state = adding(labels[index].value, to: adding(labels[index].name, to: state))
            }
            return state
        }
    }

    /// The state after the values of some labels of a set; `names` are in order.
    @inline(__always)
    func adding(_ labels: LabelSet, named names: [String], to state: UInt64) -> UInt64 {
        labels.labels.withUnsafeBufferPointer { labels in
            var state = state
            for name in names {
                var place = 0
                while place < labels.count, labels[place].name != name { place &+= 1 }
                // What is not there hashes as an empty text would.
                state = place < labels.count ? adding(labels[place].value, to: state) : adding("", to: state)
            }
            return state
        }
    }

    @inline(never)
    private func addSlowly(_ text: String, to state: UInt64) -> UInt64 {
        var copy = text
        return copy.withUTF8 { add($0, to: state) }
    }

    @inline(__always)
    private func add(_ bytes: UnsafeBufferPointer<UInt8>, to state: UInt64) -> UInt64 {
        var state = mix(state ^ UInt64(bytes.count))
        let raw = UnsafeRawBufferPointer(bytes)
        var offset = 0
        while offset &+ 8 <= raw.count {
            state = mix(state ^ raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset &+= 8
        }
        guard offset < raw.count else { return state }
        if raw.count >= 8 {
            return mix(state ^ raw.loadUnaligned(fromByteOffset: raw.count &- 8, as: UInt64.self))
        }
        var rest: UInt64 = 0
        while offset < raw.count {
            rest = rest << 8 | UInt64(raw[offset])
            offset &+= 1
        }
        return mix(state ^ rest)
    }

    @inline(__always)
    private func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: factor)
        return product.high ^ product.low ^ seed
    }
}
