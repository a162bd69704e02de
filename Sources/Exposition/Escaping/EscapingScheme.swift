/// How metric and label names that are not plain ASCII words are written for a reader that may not know others.
///
/// Plain names (`[a-zA-Z_:][a-zA-Z0-9_:]*`, without the colon for labels) are the same under every scheme.
public enum EscapingScheme: String, Sendable, Hashable, CaseIterable {
    /// Names stay as they are; those that are not plain are quoted.
    case allowUTF8 = "allow-utf-8"
    /// Each character that is not allowed becomes `_`.
    case underscores
    /// A dot becomes `_dot_`, an underscore `__`, each other character that is not allowed `__`.
    case dots
    /// `U__`, then an underscore as `__` and each character that is not allowed as `_<hexadecimal code>_`. The only
    /// scheme besides `allowUTF8` under which different names stay different.
    case values

    /// A metric name under this scheme.
    public func escape(metricName name: String) -> String {
        if self == .allowUTF8 || NameRules.isPlainMetricName(name) { return name }
        return escape(name, allowsColon: true)
    }

    /// A label name under this scheme.
    public func escape(labelName name: String) -> String {
        if self == .allowUTF8 || NameRules.isPlainLabelName(name) { return name }
        return escape(name, allowsColon: false)
    }

    private func escape(_ name: String, allowsColon: Bool) -> String {
        var escaped = self == .values && !name.isEmpty ? "U__" : ""
        var isFirst = true
        for scalar in name.unicodeScalars {
            let isPlain =
                scalar.isASCII
                && NameRules.isPlain(
                    UInt8(truncatingIfNeeded: scalar.value),
                    isFirst: isFirst,
                    allowsColon: allowsColon
                )
            isFirst = false
            switch self {
            case .allowUTF8:
                escaped.unicodeScalars.append(scalar)
            case .underscores:
                escaped.unicodeScalars.append(isPlain ? scalar : "_")
            case .dots where scalar == "_":
                escaped += "__"
            case .dots where scalar == ".":
                escaped += "_dot_"
            case .dots:
                if isPlain { escaped.unicodeScalars.append(scalar) } else { escaped += "__" }
            case .values where scalar == "_":
                escaped += "__"
            case .values:
                if isPlain {
                    escaped.unicodeScalars.append(scalar)
                } else {
                    escaped += "_\(String(scalar.value, radix: 16))_"
                }
            }
        }
        return escaped
    }
}
