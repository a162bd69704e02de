/// What a session, or a transaction if sessions are shared, is set to.
struct SessionSettings: Sendable, Equatable {
    /// How long the server lets a query run.
    var statementTimeout: Duration
    /// What text is sent in.
    var encoding: String

    /// Names and values, neither of which needs quoting.
    private var values: [(name: String, value: String)] {
        [
            ("statement_timeout", String(Self.milliseconds(statementTimeout))), ("DateStyle", "ISO"),
            ("TimeZone", "UTC"), ("IntervalStyle", "iso_8601"), ("client_encoding", encoding),
        ]
    }

    /// Sets the session, which is read-only from then on.
    ///
    /// By a statement rather than when connecting, so that `reset_val` in `pg_settings` goes on to say what is set for
    /// everybody else.
    var sessionStatement: String {
        let calls = (values + [(name: "default_transaction_read_only", value: "on")]).map { setting in
            "pg_catalog.set_config('\(setting.name)', '\(setting.value)', false)"
        }
        return "SELECT \(calls.joined(separator: ", "))"
    }

    /// Sets the transaction.
    var transactionStatements: String {
        values.map { "SET LOCAL \($0.name) = '\($0.value)';" }.joined()
    }

    /// Sets the timeout until the end of the transaction. Not `SET LOCAL`, which warns in the implicit transactions of a
    /// pipeline.
    static func timeoutStatement(_ timeout: Duration) -> String {
        "SELECT pg_catalog.set_config('statement_timeout', '\(milliseconds(timeout))', true)"
    }

    /// Whole milliseconds, at least 1, because 0 would mean no limit.
    static func milliseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        let rest = attoseconds / 1_000_000_000_000_000
        return min(max(1, overflow ? .max : whole.addingReportingOverflow(rest).partialValue), Int64(Int32.max))
    }
}
