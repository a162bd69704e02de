/// Reads intervals as PostgreSQL writes them with `IntervalStyle=iso_8601`: `P1Y2M10DT2H30M1.5S`, `PT-1.5S`.
enum ISOInterval {
    /// Seconds, counted as `extract(epoch from ...)` does: a year has 365.25 days, a month 30. Nil if it is none.
    static func seconds(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
        var scanner = DigitScanner(text)
        let isNegative = scanner.skip("-")
        if scanner.skip("infinity") { return scanner.isAtEnd ? (isNegative ? -.infinity : .infinity) : nil }
        guard !isNegative, scanner.skip("P") else { return nil }
        var total = 0.0
        var isTime = false
        var fields = 0
        while !scanner.isAtEnd {
            if !isTime, scanner.skip("T") {
                isTime = true
                continue
            }
            let sign = scanner.skip("-") ? -1.0 : 1
            guard let whole = scanner.number(digits: 1...15) else { return nil }
            var number = Double(whole)
            if scanner.skip(".") {
                guard let fraction = scanner.fraction() else { return nil }
                number += fraction
            }
            guard let unit = scanner.next, let factor = factor(unit, isTime: isTime) else { return nil }
            scanner.advance()
            total += sign * number * factor
            fields += 1
        }
        return fields > 0 ? total : nil
    }

    private static func factor(_ unit: UInt8, isTime: Bool) -> Double? {
        switch (unit, isTime) {
        case (UInt8(ascii: "Y"), false): 365.25 * 86_400
        case (UInt8(ascii: "M"), false): 30 * 86_400
        case (UInt8(ascii: "W"), false): 7 * 86_400
        case (UInt8(ascii: "D"), false): 86_400
        case (UInt8(ascii: "H"), true): 3_600
        case (UInt8(ascii: "M"), true): 60
        case (UInt8(ascii: "S"), true): 1
        default: nil
        }
    }
}
