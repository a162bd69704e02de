/// Times as texts: ISO 8601 and numbers since 1970.
public enum TimeText {
    /// Reads a time.
    ///
    /// - Parameter text: A number of seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by its size
    ///   (seconds below 1e11, milliseconds below 1e14, microseconds below 1e17), or a date as in
    ///   `2025-06-15T12:30:00.25+02:00`. The time, the zone (UTC) and the `T` (a space) may be left out.
    /// - Returns: Milliseconds since 1970; nil for anything else, and beyond the year 9999.
    public static func milliseconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count <= 64 else { return nil }
        let time = NumberText.parse(bytes[...]).map(number) ?? date(bytes)
        guard let time, (-latest...latest).contains(time) else { return nil }
        return time
    }

    /// The end of the year 9999.
    private static let latest: Int64 = 253_402_300_799_999

    private static func number(_ number: Double) -> Int64? {
        let size = abs(number)
        let scaled = size < 1e11 ? number * 1000 : size < 1e14 ? number : size < 1e17 ? number / 1e3 : number / 1e6
        return Int64(exactly: scaled.rounded())
    }

    private static func date(_ bytes: [UInt8]) -> Int64? {
        var scanner = DigitScanner(bytes)
        guard let year = scanner.digits(4), scanner.skip("-"), let month = scanner.digits(2), scanner.skip("-"),
            let day = scanner.digits(2), (1...12).contains(month),
            (1...daysOfMonth(month, year)).contains(day)
        else { return nil }
        var milliseconds = days(year, month, day) * 86_400_000
        if scanner.isAtEnd { return milliseconds }
        guard scanner.skip("T") || scanner.skip("t") || scanner.skip(" "), let hour = scanner.digits(2), hour < 24,
            scanner.skip(":"), let minute = scanner.digits(2), minute < 60
        else { return nil }
        var second: Int64 = 0
        var fraction: Int64 = 0
        if scanner.skip(":") {
            // A leap second is the beginning of the next.
            guard let seconds = scanner.digits(2), seconds <= 60 else { return nil }
            second = seconds
            if scanner.skip(".") || scanner.skip(",") {
                guard let thousandths = scanner.fraction() else { return nil }
                fraction = thousandths
            }
        }
        guard let offset = scanner.zone(), scanner.isAtEnd else { return nil }
        milliseconds += (hour * 3600 + minute * 60 + second - offset * 60) * 1000 + fraction
        return milliseconds
    }

    /// `2025-06-15T12:30:00Z`, with milliseconds if there are any.
    ///
    /// - Parameter milliseconds: Milliseconds since 1970.
    public static func iso8601(_ milliseconds: Int64) -> String {
        let time = min(max(milliseconds, -62_135_596_800_000), latest)
        let parts = civil(time)
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = "\(padded(parts.year, 4))-\(padded(parts.month, 2))-\(padded(parts.day, 2))"
        let rest = parts.milliseconds
        let clock = [rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60].map { padded($0, 2) }.joined(
            separator: ":"
        )
        return "\(date)T\(clock)\(rest % 1000 == 0 ? "" : "." + padded(rest % 1000, 3))Z"
    }

    /// The days from 1970-01-01 to a date of the Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date
    /// algorithms").
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(_ time: Int64) -> (year: Int64, month: Int64, day: Int64, milliseconds: Int64) {
        let rest = (time % 86_400_000 + 86_400_000) % 86_400_000
        let days = (time - rest) / 86_400_000 + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted + (shifted < 10 ? 3 : -9)
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1, rest)
    }

    private static func daysOfMonth(_ month: Int64, _ year: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }
}

/// Reads the parts of a date.
private struct DigitScanner {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let byte = rest.first, UInt32(byte) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    mutating func digits(_ count: Int) -> Int64? {
        guard rest.count >= count else { return nil }
        var result: Int64 = 0
        for _ in 0..<count {
            guard let digit = digit() else { return nil }
            result = result * 10 + digit
        }
        return result
    }

    /// Any number of digits after the point, as thousandths.
    mutating func fraction() -> Int64? {
        var result: Int64 = 0
        var weight: Int64 = 100
        guard let first = rest.first, (0x30...0x39).contains(first) else { return nil }
        while let digit = digit() {
            result += digit * weight
            weight /= 10
        }
        return result
    }

    /// Minutes to the east of UTC.
    mutating func zone() -> Int64? {
        if isAtEnd || skip("Z") || skip("z") { return 0 }
        let sign: Int64
        if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
        guard let hours = digits(2), hours < 24 else { return nil }
        if isAtEnd { return sign * hours * 60 }
        _ = skip(":")
        guard let minutes = digits(2), minutes < 60 else { return nil }
        return sign * (hours * 60 + minutes)
    }

    private mutating func digit() -> Int64? {
        guard let byte = rest.first, (0x30...0x39).contains(byte) else { return nil }
        rest.removeFirst()
        return Int64(byte - 0x30)
    }
}

/// Numbers as texts.
enum NumberText {
    /// Reads a decimal number; nil for anything else, and beyond the range of numbers.
    static func parse(_ bytes: ArraySlice<UInt8>) -> Double? {
        guard !bytes.isEmpty, bytes.count <= 512, bytes.allSatisfy(isOfNumber) else { return nil }
        guard let number = Double(String(decoding: bytes, as: UTF8.self)), number.isFinite else { return nil }
        return number
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"),
            UInt8(ascii: "E"):
            true
        default: false
        }
    }
}
