extension Duration {
    /// In whole milliseconds, at most what fits.
    public var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return seconds > 0 ? .max : .min }
        let (sum, tooLarge) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return tooLarge ? (seconds > 0 ? .max : .min) : sum
    }
}
