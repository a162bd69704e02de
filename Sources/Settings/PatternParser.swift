/// Parses regular expressions; see ``Pattern`` for the syntax.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var depth = 0
    private var ignoresCase = false

    /// The deepest nesting of groups.
    private static let maximumDepth = 50
    /// The largest count in `{n,m}`.
    private static let maximumCount = 1000

    init(_ source: String) {
        scalars = Array(source.unicodeScalars)
    }

    mutating func parse() throws(PatternError) -> PatternSyntax {
        let syntax = try alternatives()
        if index < scalars.count { throw PatternError("unexpected \")\"", at: index) }
        return syntax
    }

    private var current: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard current == scalar else { return false }
        index += 1
        return true
    }

    private mutating func alternatives() throws(PatternError) -> PatternSyntax {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.maximumDepth { throw PatternError("nested too deeply", at: index) }
        var parts = [try sequence()]
        while take("|") { parts.append(try sequence()) }
        return parts.count == 1 ? parts[0] : .alternatives(parts)
    }

    private mutating func sequence() throws(PatternError) -> PatternSyntax {
        var parts: [PatternSyntax] = []
        while let scalar = current, scalar != "|", scalar != ")" {
            let place = index
            var part = try atom()
            var isRepeated = false
            while let (minimum, maximum) = try quantifier() {
                if isRepeated { throw PatternError("a repetition of a repetition", at: place) }
                isRepeated = true
                part = .repetition(part, minimum: minimum, maximum: maximum)
                // Lazy or not makes no difference to whether the whole matches.
                _ = take("?")
            }
            parts.append(part)
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func quantifier() throws(PatternError) -> (Int, Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        let place = index
        guard take("{"), let minimum = number() else {
            index = place
            return nil
        }
        var maximum: Int? = minimum
        if take(",") { maximum = number() }
        // A brace that begins no count stands for itself.
        guard take("}") else {
            index = place
            return nil
        }
        guard minimum <= Self.maximumCount, maximum ?? minimum <= Self.maximumCount, minimum <= maximum ?? minimum
        else { throw PatternError("expected a count up to \(Self.maximumCount), the smaller one first", at: place) }
        return (minimum, maximum)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let scalar = current, ("0"..."9").contains(scalar) {
            value = min((value ?? 0) * 10 + Int(scalar.value - 0x30), Self.maximumCount + 1)
            index += 1
        }
        return value
    }

    private mutating func atom() throws(PatternError) -> PatternSyntax {
        let place = index
        guard let scalar = current else { return .empty }
        index += 1
        switch scalar {
        case "(": return try group(place)
        case "[": return .characters(try characterClass(place))
        case ".": return .characters(CharacterRanges(ranges: [0...0x10FFFF]))
        case "^": return .start
        case "$": return .end
        case "\\": return try escape(place)
        case "*", "+", "?": throw PatternError("nothing to repeat", at: place)
        default: return .characters(characters([scalar.value...scalar.value]))
        }
    }

    private func characters(_ ranges: [ClosedRange<UInt32>]) -> CharacterRanges {
        CharacterRanges(ranges: ranges, ignoresCase: ignoresCase)
    }

    private mutating func group(_ place: Int) throws(PatternError) -> PatternSyntax {
        let ignoredCase = ignoresCase
        if take("?") {
            if take("P") || current == "<" {
                try groupName(place)
            } else if try !flags(place) {
                return .empty
            }
        }
        let syntax = try alternatives()
        guard take(")") else { throw PatternError("this group is not closed", at: place) }
        ignoresCase = ignoredCase
        return syntax
    }

    private mutating func groupName(_ place: Int) throws(PatternError) {
        guard take("<"), current != "=", current != "!" else {
            throw PatternError("look-around is not supported", at: place)
        }
        while let scalar = current, scalar != ">" {
            guard CharacterRanges(ranges: CharacterRanges.word).contains(scalar) else { break }
            index += 1
        }
        guard take(">") else { throw PatternError("this group's name does not end", at: place) }
    }

    /// Reads `i:`, `:` or `i)`.
    ///
    /// - Returns: Whether a group follows; `(?i)` holds for the rest of the group around it.
    private mutating func flags(_ place: Int) throws(PatternError) -> Bool {
        var isOff = false
        while let flag = current {
            index += 1
            switch flag {
            case ":": return true
            case ")": return false
            case "-": isOff = true
            case "i": ignoresCase = !isOff
            case "s" where !isOff: break
            case "=", "!": throw PatternError("look-around is not supported", at: place)
            default: throw PatternError("unknown flag \"\(flag)\"", at: index - 1)
            }
        }
        throw PatternError("this group is not closed", at: place)
    }

    private mutating func escape(_ place: Int) throws(PatternError) -> PatternSyntax {
        if let ranges = shorthand() { return .characters(characters(ranges)) }
        switch current {
        case "A":
            index += 1
            return .start
        case "z":
            index += 1
            return .end
        default:
            let value = try escapedCharacter(place)
            return .characters(characters([value...value]))
        }
    }

    /// The ranges of `d`, `D`, `w`, `W`, `s`, `S` after a backslash.
    private mutating func shorthand() -> [ClosedRange<UInt32>]? {
        let ranges: [ClosedRange<UInt32>]
        switch current {
        case "d": ranges = CharacterRanges.digits
        case "D": ranges = CharacterRanges.complement(of: CharacterRanges.digits)
        case "w": ranges = CharacterRanges.word
        case "W": ranges = CharacterRanges.complement(of: CharacterRanges.word)
        case "s": ranges = CharacterRanges.space
        case "S": ranges = CharacterRanges.complement(of: CharacterRanges.space)
        default: return nil
        }
        index += 1
        return ranges
    }

    private mutating func escapedCharacter(_ place: Int) throws(PatternError) -> UInt32 {
        guard let scalar = current else { throw PatternError("nothing after the backslash", at: place) }
        index += 1
        switch scalar {
        case "t": return 0x09
        case "n": return 0x0A
        case "v": return 0x0B
        case "f": return 0x0C
        case "r": return 0x0D
        case "a": return 0x07
        case "x": return try hexadecimal(place)
        case "0"..."9", "a"..."z", "A"..."Z":
            throw PatternError("\"\\\(scalar)\" is not supported", at: place)
        default: return scalar.value
        }
    }

    private mutating func hexadecimal(_ place: Int) throws(PatternError) -> UInt32 {
        let isBraced = take("{")
        var digits = ""
        while let scalar = current, digits.count < (isBraced ? 8 : 2), Character(scalar).isHexDigit, scalar.isASCII {
            digits.unicodeScalars.append(scalar)
            index += 1
        }
        guard let value = UInt32(digits, radix: 16), value <= 0x10FFFF, isBraced ? take("}") : digits.count == 2 else {
            throw PatternError("expected \\xHH or \\x{H...}", at: place)
        }
        return value
    }

    private mutating func characterClass(_ place: Int) throws(PatternError) -> CharacterRanges {
        var ranges: [ClosedRange<UInt32>] = []
        let isNegated = take("^")
        var isFirst = true
        while let scalar = current, scalar != "]" || isFirst {
            isFirst = false
            if let named = try namedClass() ?? classShorthand() {
                ranges += named
                continue
            }
            let start = index
            let lower = try classCharacter(place)
            guard current == "-", index + 1 < scalars.count, scalars[index + 1] != "]" else {
                ranges.append(lower...lower)
                continue
            }
            index += 1
            let upper = try classCharacter(place)
            guard lower <= upper else { throw PatternError("this range is the wrong way round", at: start) }
            ranges.append(lower...upper)
        }
        guard take("]") else { throw PatternError("this class is not closed", at: place) }
        return CharacterRanges(ranges: ranges, isNegated: isNegated, ignoresCase: ignoresCase)
    }

    private mutating func classShorthand() -> [ClosedRange<UInt32>]? {
        let place = index
        guard take("\\") else { return nil }
        if let ranges = shorthand() { return ranges }
        index = place
        return nil
    }

    private mutating func classCharacter(_ place: Int) throws(PatternError) -> UInt32 {
        if take("\\") { return try escapedCharacter(place) }
        guard let scalar = current else { throw PatternError("this class is not closed", at: place) }
        index += 1
        return scalar.value
    }

    private mutating func namedClass() throws(PatternError) -> [ClosedRange<UInt32>]? {
        guard current == "[", index + 1 < scalars.count, scalars[index + 1] == ":" else { return nil }
        let place = index
        index += 2
        var name = ""
        while let scalar = current, scalar != ":" {
            name.unicodeScalars.append(scalar)
            index += 1
        }
        guard take(":"), take("]"), let ranges = Self.named[name] else {
            throw PatternError("unknown class", at: place)
        }
        return ranges
    }

    private static let named: [String: [ClosedRange<UInt32>]] = [
        "alnum": [0x30...0x39, 0x41...0x5A, 0x61...0x7A], "alpha": [0x41...0x5A, 0x61...0x7A],
        "ascii": [0...0x7F], "blank": [0x09...0x09, 0x20...0x20], "cntrl": [0...0x1F, 0x7F...0x7F],
        "digit": CharacterRanges.digits, "graph": [0x21...0x7E], "lower": [0x61...0x7A], "print": [0x20...0x7E],
        "punct": [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E], "space": [0x09...0x0D, 0x20...0x20],
        "upper": [0x41...0x5A], "word": CharacterRanges.word,
        "xdigit": [0x30...0x39, 0x41...0x46, 0x61...0x66],
    ]
}
