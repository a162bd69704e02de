/// How times are written for people, in UTC.
package enum TimeFormat {
    /// A time in milliseconds since 1970 as `2026-01-31T23:59:59.123Z`.
    package static func iso(_ milliseconds: Int64) -> String {
        let parts = self.parts(milliseconds)
        let date = "\(padded(parts.year, 4))-\(padded(parts.month, 2))-\(padded(parts.day, 2))"
        let time = "\(padded(parts.hour, 2)):\(padded(parts.minute, 2)):\(padded(parts.second, 2))"
        return "\(date)T\(time).\(padded(parts.millisecond, 3))Z"
    }

    /// A time in milliseconds since 1970 as `20260131T235959Z`, for names of files.
    static func compact(_ milliseconds: Int64) -> String {
        let parts = self.parts(milliseconds)
        let date = "\(padded(parts.year, 4))\(padded(parts.month, 2))\(padded(parts.day, 2))"
        return "\(date)T\(padded(parts.hour, 2))\(padded(parts.minute, 2))\(padded(parts.second, 2))Z"
    }

    private struct Parts {
        var year: Int64
        var month: Int64
        var day: Int64
        var hour: Int64
        var minute: Int64
        var second: Int64
        var millisecond: Int64
    }

    /// The Gregorian calendar, from days counted in years that begin in March, so that a leap day comes last.
    private static func parts(_ milliseconds: Int64) -> Parts {
        let day = floorDivide(milliseconds, 86_400_000)
        let remainder = milliseconds % 86_400_000
        let rest = remainder < 0 ? remainder + 86_400_000 : remainder
        let shifted = day + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        return Parts(
            year: yearOfEra + era * 400 + (month >= 10 ? 1 : 0),
            month: month < 10 ? month + 3 : month - 9,
            day: dayOfYear - (153 * month + 2) / 5 + 1,
            hour: rest / 3_600_000,
            minute: rest / 60_000 % 60,
            second: rest / 1000 % 60,
            millisecond: rest % 1000
        )
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}
