extension Duration {
    /// The duration in nanoseconds, cut to 146 years either way so that sums of two of them cannot overflow.
    var boundedNanoseconds: Int64 {
        let limit = Int64.max / 2
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? -limit : limit }
        return min(max(product.addingReportingOverflow(attoseconds / 1_000_000_000).partialValue, -limit), limit)
    }
}
