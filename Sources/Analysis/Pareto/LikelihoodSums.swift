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
        // Four lanes in plain numbers: the optimiser makes vectors of them, and without it they are still fast.
        var sum0 = 0.0
        var sum1 = 0.0
        var sum2 = 0.0
        var sum3 = 0.0
        var square0 = 0.0
        var square1 = 0.0
        var square2 = 0.0
        var square3 = 0.0
        var product = ScaledProduct()
        let groups = (min(count, excesses.count) + Self.group - 1) / Self.group
        if let base = excesses.baseAddress, groups * Self.group <= excesses.count {
            var next = base
            for _ in 0..<groups {
                var factor0 = 1.0
                var factor1 = 1.0
                var factor2 = 1.0
                var factor3 = 1.0
                let end = next + Self.group
                while next < end {
                    let f0 = 1 + theta * next[0]
                    let f1 = 1 + theta * next[1]
                    let f2 = 1 + theta * next[2]
                    let f3 = 1 + theta * next[3]
                    let r0 = 1 / f0
                    let r1 = 1 / f1
                    let r2 = 1 / f2
                    let r3 = 1 / f3
                    factor0 *= f0
                    factor1 *= f1
                    factor2 *= f2
                    factor3 *= f3
                    sum0 += r0
                    sum1 += r1
                    sum2 += r2
                    sum3 += r3
                    square0 += r0 * r0
                    square1 += r1 * r1
                    square2 += r2 * r2
                    square3 += r3 * r3
                    next += 4
                }
                product.multiply(by: (factor0 * factor1) * (factor2 * factor3))
            }
        }
        // Each zero of the padding added a 1.
        let padding = Double(groups * Self.group - count)
        self.reciprocals = (sum0 + sum1) + (sum2 + sum3) - padding
        self.squares = (square0 + square1) + (square2 + square3) - padding
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
