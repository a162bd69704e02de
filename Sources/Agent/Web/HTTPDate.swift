import Glibc

/// Points of time as HTTP writes them: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
enum HTTPDate {
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Now, by the machine's date.
    static var now: String { text(time(nil)) }

    /// The text of a moment in seconds since 1970; empty for one that no calendar has.
    static func text(_ seconds: Int) -> String {
        var (seconds, parts) = (time_t(seconds), tm())
        guard gmtime_r(&seconds, &parts) != nil,
            let day = days.at(parts.tm_wday), let month = months.at(parts.tm_mon)
        else { return "" }
        let date = "\(day), \(padded(parts.tm_mday)) \(month) \(Int(parts.tm_year) + 1900)"
        return "\(date) \(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec)) GMT"
    }

    private static func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension [String] {
    fileprivate func at(_ index: Int32) -> String? { indices.contains(Int(index)) ? self[Int(index)] : nil }
}
