/// Prints what it costs to hand records on, as a table.
enum RecordReport {
    /// Begins a table.
    static func heading(_ title: String) {
        print("\n" + row(title, "records/s", "CPU us", "at once", "records") + "\n" + String(repeating: "-", count: 88))
    }

    /// Prints what some records took.
    ///
    /// - Parameters:
    ///   - title: What was measured.
    ///   - stopwatch: What it took.
    ///   - count: How many records.
    ///   - batch: How many of them at once.
    ///   - note: What else there is to say.
    static func line(_ title: String, _ stopwatch: Stopwatch, count: Int, batch: Int, note: String = "") {
        let rate = Double(count) / stopwatch.elapsed
        let cost = stopwatch.cpu * 1e6 / Double(count)
        print(row(title, "\(Int(rate.rounded()))", hundredths(cost), "\(batch)", "\(count)") + "  " + note)
    }

    /// A number with two digits after the point.
    static func hundredths(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
        let all = Int((value.magnitude * 100).rounded())
        let digits = "\(all % 100)"
        return (value < 0 ? "-" : "") + "\(all / 100)." + (digits.count < 2 ? "0" : "") + digits
    }

    private static func row(_ title: String, _ columns: String...) -> String {
        title + String(repeating: " ", count: max(1, 40 - title.count))
            + columns.map { String(repeating: " ", count: max(1, 12 - $0.count)) + $0 }.joined()
    }
}
