/// Reads dates and times as PostgreSQL writes them with `DateStyle=ISO`: `2026-11-21 18:29:00.25+00`, `2026-11-21`.
enum TimestampText {
    /// Seconds since 1970, UTC where no zone is given; infinite for `infinity`; nil if it is none of these.
    static func seconds(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
        var scanner = DigitScanner(text)
        if scanner.skip("-infinity") { return scanner.isAtEnd ? -.infinity : nil }
        if scanner.skip("infinity") { return scanner.isAtEnd ? .infinity : nil }
        guard let year = scanner.number(digits: 4...7), scanner.skip("-"),
            let month = scanner.number(digits: 2...2), (1...12).contains(month), scanner.skip("-"),
            let day = scanner.number(digits: 2...2), (1...31).contains(day)
        else { return nil }
        var time = 0.0
        var isBC = scanner.skip(" BC")
        if !isBC, scanner.skip(" ") {
            guard let clock = clock(&scanner) else { return nil }
            time = clock
            isBC = scanner.skip(" BC")
        }
        guard scanner.isAtEnd else { return nil }
        return Double(days(isBC ? 1 - year : year, month, day)) * 86_400 + time
    }

    /// `18:29:00.25+05:30` as seconds since midnight UTC.
    private static func clock(_ scanner: inout DigitScanner) -> Double? {
        guard let hour = scanner.number(digits: 2...2), hour <= 24, scanner.skip(":"),
            let minute = scanner.number(digits: 2...2), minute < 60, scanner.skip(":"),
            let second = scanner.number(digits: 2...2), second <= 60
        else { return nil }
        var time = Double(hour * 3600 + minute * 60 + second)
        if scanner.skip(".") {
            guard let fraction = scanner.fraction() else { return nil }
            time += fraction
        }
        let isWest = scanner.skip("-")
        if isWest || scanner.skip("+") {
            guard let zoneHour = scanner.number(digits: 2...2) else { return nil }
            var zone = zoneHour * 3600
            for unit in [60, 1] where scanner.skip(":") {
                guard let part = scanner.number(digits: 2...2) else { return nil }
                zone += part * unit
            }
            time += Double(isWest ? zone : -zone)
        }
        return time
    }

    /// Days since 1970-01-01 in the Gregorian calendar, in which the year before 1 is 0.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
