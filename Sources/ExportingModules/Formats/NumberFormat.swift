/// How numbers are written: with as many digits as it takes to read the same number again.
package enum NumberFormat {
    /// A number, whole ones without a decimal point; `NaN`, `+Inf` and `-Inf` for what is none.
    package static func plain(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf" }
        let text = value.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// A number in JSON. JSON has no words for what is not a number, so `NaN`, `+Inf` and `-Inf` are written as text.
    static func json(_ value: Double) -> String {
        value.isFinite ? plain(value) : "\"\(plain(value))\""
    }
}
