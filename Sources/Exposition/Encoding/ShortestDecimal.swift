/// The shortest decimal number that reads back as a given double: `digits` × 10^`exponent`, without trailing zeros.
struct ShortestDecimal {
    private(set) var digits: UInt64
    private(set) var exponent: Int

    /// Creates it for a finite number above zero.
    init(_ magnitude: Double) {
        if magnitude < 0x1p53, magnitude == magnitude.rounded(.towardZero) {
            // Neighbouring doubles are at most 1 apart here, so all digits of an integer count.
            self.init(digits: UInt64(magnitude), exponent: 0)
        } else if let short = Self.upToFifteenDigits(magnitude) ?? Self.sixteenOrSeventeenDigits(magnitude) {
            self = short
        } else {
            self = Self.fromDescription(magnitude)
        }
    }

    private init(digits: UInt64, exponent: Int) {
        self.digits = digits
        self.exponent = exponent
        if digits % 100_000_000 == 0, digits > 0 { strip(100_000_000, 8) }
        if self.digits % 10_000 == 0, digits > 0 { strip(10_000, 4) }
        while self.digits % 10 == 0, digits > 0 { strip(10, 1) }
    }

    private mutating func strip(_ factor: UInt64, _ zeros: Int) {
        digits /= factor
        exponent += zeros
    }

    /// The decimal with at most fifteen digits, if there is one.
    ///
    /// Different decimals of up to fifteen digits are different doubles, so one that reads back as the number is the
    /// shortest. It is found by scaling to fifteen digits before the point; the division back is correctly rounded,
    /// since both operands are exact.
    private static func upToFifteenDigits(_ magnitude: Double) -> ShortestDecimal? {
        guard magnitude >= 1e-7, magnitude < 1e15 else { return nil }
        // The decimal exponent or one less: 1233 / 4096 is a little less than log10(2).
        let estimate = (Int(magnitude.exponent) * 1233) >> 12
        var scale = 14 - estimate
        guard powers.indices.contains(scale) else { return nil }
        var scaled = (magnitude * powers[scale]).rounded()
        if scaled >= 1e15 {
            guard scale > 0 else { return nil }
            scale -= 1
            scaled = (magnitude * powers[scale]).rounded()
        }
        guard scaled < 1e15, scaled / powers[scale] == magnitude else { return nil }
        return ShortestDecimal(digits: UInt64(scaled), exponent: -scale)
    }

    /// The decimal with sixteen or seventeen digits, of a number that has none with fewer and is neither very large nor
    /// very small.
    ///
    /// Scaled so that seventeen digits stand before the point, the number and the middles between it and its neighbours
    /// are fractions whose numerators fit into 128 bits and whose denominator is a power of two. So it is seen exactly
    /// which decimals read back as the number: those between the middles, and the middles themselves if the significand is
    /// even, because reading rounds to even.
    private static func sixteenOrSeventeenDigits(_ magnitude: Double) -> ShortestDecimal? {
        guard magnitude >= 1e-7, magnitude < 1e15 else { return nil }
        var scale = 16 - (Int(magnitude.exponent) * 1233) >> 12
        guard scale > 2, powersOfFive.indices.contains(scale) else { return nil }
        let significand = magnitude.significandBitPattern | 1 << 52
        // The number is its significand times 2^(exponent - 52), and ten is two times five. Two bits more hold the middles.
        var quadruple = UInt128(significand << 2) * UInt128(powersOfFive[scale])
        var shift = UInt128(54 - Int(magnitude.exponent) - scale)
        if quadruple >> shift >= 100_000_000_000_000_000 {
            scale -= 1
            quadruple = UInt128(significand << 2) * UInt128(powersOfFive[scale])
            shift += 1
        }
        // Below a power of two the neighbours are closer.
        let below = quadruple - UInt128(powersOfFive[scale]) * (significand == 1 << 52 ? 1 : 2)
        let above = quadruple + UInt128(powersOfFive[scale]) * 2
        let one = UInt128(1) << shift
        let includesMiddles: UInt128 = significand & 1 == 0 ? 1 : 0
        let lowest = UInt64((below + (one - includesMiddles)) >> shift)
        let highest = UInt64((above - (1 - includesMiddles)) >> shift)

        let floor = UInt64(quadruple >> shift)
        let lower = floor - floor % 10
        let (down, up) = (quadruple - UInt128(lower) << shift, UInt128(lower + 10) << shift - quadruple)
        let isLowerNearer = down < up || (down == up && lower / 10 & 1 == 0)
        for candidate in isLowerNearer ? [lower, lower + 10] : [lower + 10, lower]
        where candidate >= lowest && candidate <= highest {
            return ShortestDecimal(digits: candidate, exponent: -scale)
        }
        let rest = quadruple & (one - 1)
        let isRoundedUp = rest > one >> 1 || (rest == one >> 1 && floor & 1 == 1)
        return ShortestDecimal(digits: isRoundedUp ? floor + 1 : floor, exponent: -scale)
    }

    /// Takes the digits of the standard library's description, which are the shortest, too.
    private static func fromDescription(_ magnitude: Double) -> ShortestDecimal {
        var digits: UInt64 = 0
        var exponent = 0
        var written = 0
        var isWrittenNegative = false
        var place = Place.integer
        for byte in magnitude.description.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let digit = byte - UInt8(ascii: "0")
                if place == .exponent {
                    written = written &* 10 &+ Int(digit)
                } else if digits < 100_000_000_000_000_000 {
                    digits = digits * 10 + UInt64(digit)
                    if place == .fraction { exponent -= 1 }
                } else if place == .integer {
                    // Only zeros follow seventeen digits.
                    exponent += 1
                }
            case UInt8(ascii: "."): place = .fraction
            case UInt8(ascii: "e"), UInt8(ascii: "E"): place = .exponent
            case UInt8(ascii: "-"): isWrittenNegative = true
            default: break
            }
        }
        return ShortestDecimal(digits: digits, exponent: exponent + (isWrittenNegative ? -written : written))
    }

    private enum Place {
        case integer, fraction, exponent
    }

    private static let powersOfFive: [UInt64] = {
        var powers: [UInt64] = [1]
        while powers.count <= 24, let last = powers.last { powers.append(last * 5) }
        return powers
    }()

    /// The powers of ten that a double holds exactly.
    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
