/// Prints figures as a table: what was measured, the median and the best round, and the budget.
enum Report {
    /// Begins a table.
    static func heading(_ title: String) {
        print("\n" + row(title, "median", "best", "budget", ""))
        print(String(repeating: "-", count: 96))
    }

    /// Prints the time that one of many things took, in nanoseconds.
    ///
    /// - Parameters:
    ///   - title: What was measured.
    ///   - measurement: The rounds.
    ///   - count: How many things a round did.
    ///   - unit: What one thing is called.
    ///   - budget: The nanoseconds that it may take; nil without a budget.
    static func time(_ title: String, _ measurement: Measurement, per count: Int, _ unit: String, budget: Double? = nil)
    {
        let median = measurement.median * 1e9 / Double(count)
        print(
            row(
                title,
                "\(number(median)) ns",
                "\(number(measurement.minimum * 1e9 / Double(count))) ns",
                budget.map { "\(number($0)) ns" } ?? "",
                "per \(unit)" + verdict(budget.map { median <= $0 })
            )
        )
    }

    /// Prints how much was done in a second.
    ///
    /// - Parameters:
    ///   - title: What was measured.
    ///   - measurement: The rounds.
    ///   - amount: How much a round did.
    ///   - unit: What the amount counts.
    ///   - budget: How much it has to be in a second; nil without a budget.
    static func rate(
        _ title: String,
        _ measurement: Measurement,
        of amount: Double,
        _ unit: String,
        budget: Double? = nil
    ) {
        let median = amount / measurement.median
        print(
            row(
                title,
                number(median),
                number(amount / measurement.minimum),
                budget.map(number) ?? "",
                unit + verdict(budget.map { median >= $0 })
            )
        )
    }

    private static func verdict(_ isWithin: Bool?) -> String {
        switch isWithin {
        case true?: "  ok"
        case false?: "  OVER BUDGET"
        case nil: ""
        }
    }

    private static func row(_ title: String, _ median: String, _ best: String, _ budget: String, _ note: String)
        -> String
    {
        let columns = [padded(median), padded(best), padded(budget)].joined()
        return title + String(repeating: " ", count: max(1, 48 - title.count)) + columns + "  " + note
    }

    private static func padded(_ text: String) -> String {
        String(repeating: " ", count: max(1, 12 - text.count)) + text
    }

    /// Three digits that matter.
    private static func number(_ value: Double) -> String {
        guard value.isFinite else { return "\(value)" }
        if value >= 100 { return "\(Int(value.rounded()))" }
        let places = value >= 10 ? 10.0 : 100.0
        return "\((value * places).rounded() / places)"
    }
}
