/// The tree of a regular expression.
indirect enum PatternSyntax: Sendable {
    case empty
    case characters(CharacterRanges)
    case start
    case end
    case sequence([PatternSyntax])
    case alternatives([PatternSyntax])
    /// `maximum` is nil without an upper bound.
    case repetition(PatternSyntax, minimum: Int, maximum: Int?)
}

/// A set of characters, as ranges of code points.
struct CharacterRanges: Sendable {
    var ranges: [ClosedRange<UInt32>] = []
    var isNegated = false
    var ignoresCase = false

    static let digits = [UInt32(0x30)...0x39]
    static let word: [ClosedRange<UInt32>] = [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A]
    static let space: [ClosedRange<UInt32>] = [0x09...0x0A, 0x0C...0x0D, 0x20...0x20]

    /// What a list of ranges leaves out.
    static func complement(of ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var rest: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > next { rest.append(next...(range.lowerBound - 1)) }
            next = max(next, range.upperBound + 1)
        }
        if next <= 0x10FFFF { rest.append(next...0x10FFFF) }
        return rest
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        var found = includes(scalar)
        if !found, ignoresCase {
            found =
                Self.single(scalar.properties.lowercaseMapping).map(includes) ?? false
                || Self.single(scalar.properties.uppercaseMapping).map(includes) ?? false
        }
        return found != isNegated
    }

    private func includes(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar.value) }
    }

    private static func single(_ text: String) -> Unicode.Scalar? {
        text.unicodeScalars.count == 1 ? text.unicodeScalars.first : nil
    }
}
