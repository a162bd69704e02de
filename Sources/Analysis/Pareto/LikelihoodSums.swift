import Glibc

/// The sums over all excesses that the likelihood of a tail and its slope are made of, for one `theta` = gamma / sigma.
///
/// With `f = 1 + theta * y` of each excess `y`: one pass, no logarithm per excess.
struct LikelihoodSums {
    /// The sum of `1 / f`.
    var reciprocals: Double
    /// The sum of `1 / f^2`.
    var squares: Double
    /// The sum of `ln f`.
    var logarithms: Double

    /// The number of excesses that are worked on together; excesses are padded with zeros to a multiple of it.
    static let group = 16

    /// Sums over the first `count` of `excesses`; the rest of the last group has to be zeros.
    ///
    /// `theta` is in the unit of the excesses, and `f` has to lie between 1e-13 and 1e18, so that the product over a
    /// group is a normal number.
    @inline(__always)
    init(_ excesses: UnsafeBufferPointer<Double>, count: Int, theta: Double) {
        typealias Vector = SIMD4<Double>
        let one = Vector(repeating: 1)
        let factor = Vector(repeating: theta)
        var reciprocals = Vector.zero
        var squares = Vector.zero
        var product = ScaledProduct()
        let groups = (min(count, excesses.count) + Self.group - 1) / Self.group
        if let base = excesses.baseAddress, groups * Self.group <= excesses.count {
            let bytes = UnsafeRawPointer(base)
            for group in 0..<groups {
                let start = bytes + group * Self.group * MemoryLayout<Double>.stride
                let a = one + factor * start.loadUnaligned(as: Vector.self)
                let b = one + factor * (start + 32).loadUnaligned(as: Vector.self)
                let c = one + factor * (start + 64).loadUnaligned(as: Vector.self)
                let d = one + factor * (start + 96).loadUnaligned(as: Vector.self)
                let ra = one / a
                let rb = one / b
                let rc = one / c
                let rd = one / d
                reciprocals += (ra + rb) + (rc + rd)
                squares += (ra * ra + rb * rb) + (rc * rc + rd * rd)
                let lanes = (a * b) * (c * d)
                product.multiply(by: (lanes[0] * lanes[1]) * (lanes[2] * lanes[3]))
            }
        }
        // Each zero of the padding added a 1.
        let padding = Double(groups * Self.group - count)
        self.reciprocals = reciprocals.sum() - padding
        self.squares = squares.sum() - padding
        self.logarithms = product.logarithm
    }
}

/// A product of many numbers that keeps its exponent apart before it could overflow.
private struct ScaledProduct {
    private var significand = 1.0
    private var exponent = 0

    @inline(__always)
    mutating func multiply(by factor: Double) {
        if factor > 1e-100, factor < 1e100 {
            significand *= factor
        } else {
            exponent &+= factor.exponent
            significand *= factor.significand
        }
        if !(significand > 1e-100 && significand < 1e100) {
            exponent &+= significand.exponent
            significand = significand.significand
        }
    }

    @inline(__always)
    var logarithm: Double {
        log(significand) + (exponent == 0 ? 0 : Double(exponent) * 0.693147180559945309417)
    }
}

extension SIMD4<Double> {
    @inline(__always)
    fileprivate func sum() -> Double { (self[0] + self[1]) + (self[2] + self[3]) }
}
