import TestSupport
import Testing

@testable import Exposition

struct NumberLayoutTests {
    private static let layouts: [(Double, String)] = [
        (0, "0"), (-0.0, "0"), (1, "1"), (-1, "-1"), (7, "7"), (42, "42"), (123_456, "123456"),
        (999_999, "999999"), (1_000_000, "1e+06"), (1_048_576, "1.048576e+06"), (-1_048_576, "-1.048576e+06"),
        (1_756_047.3, "1.7560473e+06"), (123_456.7, "123456.7"), (0.5, "0.5"), (0.0001, "0.0001"),
        (0.00001, "1e-05"), (0.00012345, "0.00012345"), (0.000012345, "1.2345e-05"), (3.14e42, "3.14e+42"),
        (-1.23e-45, "-1.23e-45"), (0.1 + 0.2, "0.30000000000000004"), (1.0 / 3, "0.3333333333333333"),
        (9_007_199_254_740_991, "9.007199254740991e+15"), (9_007_199_254_740_992, "9.007199254740992e+15"),
        (1e15, "1e+15"), (1e16, "1e+16"), (1e17, "1e+17"), (1e21, "1e+21"), (1e22, "1e+22"), (1e23, "1e+23"),
        (1e100, "1e+100"), (12_345_678_901_234_567_168, "1.2345678901234567e+19"),
        (1_520_879_607.789, "1.520879607789e+09"),
        (.leastNonzeroMagnitude, "5e-324"), (.greatestFiniteMagnitude, "1.7976931348623157e+308"),
        (.leastNormalMagnitude, "2.2250738585072014e-308"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
        (100, "100"), (100_000, "100000"), (10.25, "10.25"), (1e-7, "1e-07"), (1e-4, "0.0001"), (99_999.99, "99999.99"),
        (999_999.5, "999999.5"), (1_000_000.5, "1.0000005e+06"), (4.35, "4.35"), (0.000_000_123, "1.23e-07"),
    ]

    @Test(arguments: layouts)
    func numbersAreLaidOutAsGoDoes(number: Double, expected: String) {
        var bytes: [UInt8] = []
        bytes.append(number: number)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test(arguments: [
        (0.0, "0.0"), (1, "1.0"), (-1, "-1.0"), (42, "42.0"), (0.5, "0.5"), (1e6, "1e+06"), (.infinity, "+Inf"),
        (-.infinity, "-Inf"), (.nan, "NaN"), (1_520_879_607.789, "1.520879607789e+09"),
    ])
    func openMetricsNumbersCannotBeTakenForIntegers(number: Double, expected: String) {
        var bytes: [UInt8] = []
        bytes.append(openMetricsNumber: number)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test(arguments: [
        (Int64(0), "0"), (9, "9"), (10, "10"), (-7, "-7"), (.max, "9223372036854775807"),
        (.min, "-9223372036854775808"),
    ])
    func integersAreWrittenInFull(number: Int64, expected: String) {
        var bytes: [UInt8] = []
        bytes.append(integer: number)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    /// The digits are those of the standard library, which are the shortest, and the number reads back.
    @Test func allKindsOfNumbersKeepTheirShortestDigits() throws {
        var random = SeededGenerator(seed: 1)
        for round in 0..<60_000 {
            let number: Double =
                switch round % 6 {
                case 0: Double(bitPattern: random.next())
                case 1: Double(random.next() >> UInt64.random(in: 0..<60, using: &random))
                case 2: Double(Int64.random(in: -99_999...99_999, using: &random)) / 1000
                case 3: Double.random(in: 0...1, using: &random)
                case 4: Double(Int64.random(in: 0...9_999_999_999_999_999, using: &random)) / 1e9
                default: Double.random(in: -1e9...1e9, using: &random)
                }
            guard number.isFinite else { continue }
            var bytes: [UInt8] = []
            bytes.append(number: number)
            let text = String(decoding: bytes, as: UTF8.self)
            // Expectations are slow: one for all that is right.
            let readBack = try FloatText.parse(bytes[...])
            let isRight =
                readBack == number && Double(text) == number && Self.digits(text) == Self.digits(number.description)
            if !isRight { Issue.record("\(number) is written as \(text)") }
        }
    }

    /// Where the neighbours of a number are not equally far away, where it is a middle between decimals, and where the
    /// number of digits changes.
    @Test func numbersAtTheBordersKeepTheirShortestDigits() throws {
        var numbers = (-340...340).map { Double(sign: .plus, exponent: $0, significand: 1) }
        var power = 1.0
        for _ in 0..<30 {
            numbers += [power, 1 / power, power / 3, 5 / power, power + 0.5, power - 0.125]
            power *= 10
        }
        for number in numbers {
            for neighbour in [number.nextDown.nextDown, number.nextDown, number, number.nextUp, number.nextUp.nextUp]
            where neighbour.isFinite && neighbour != 0 {
                var bytes: [UInt8] = []
                bytes.append(number: neighbour)
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(bytes.count <= NumberText.maximumLength)
                let isRight = Double(text) == neighbour && Self.digits(text) == Self.digits(neighbour.description)
                if !isRight { Issue.record("\(neighbour) is written as \(text)") }
            }
        }
    }

    private static func digits(_ text: String) -> String {
        let mantissa = text.prefix { $0 != "e" }.filter(\.isNumber)
        let digits = String(mantissa.drop { $0 == "0" })
        return String(digits.reversed().drop { $0 == "0" }.reversed())
    }
}
