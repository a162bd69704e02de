/// A format that a page can be written in.
public struct ExpositionFormat: Sendable, Hashable {
    /// The syntax of a page.
    public enum Syntax: String, Sendable, Hashable, CaseIterable {
        /// Prometheus' text format 0.0.4.
        case text004
        /// OpenMetrics 0.0.1, which is written like 1.0.0.
        case openMetrics001
        /// OpenMetrics 1.0.0.
        case openMetrics100
    }

    /// The text format 0.0.4 with UTF-8 names: what encoded families hold.
    public static let canonical = ExpositionFormat(syntax: .text004, escaping: .allowUTF8)

    /// The syntax.
    public var syntax: Syntax
    /// How names are escaped.
    public var escaping: EscapingScheme

    /// Creates a format.
    public init(syntax: Syntax, escaping: EscapingScheme = .underscores) {
        self.syntax = syntax
        self.escaping = escaping
    }

    /// Whether it is one of the OpenMetrics formats.
    public var isOpenMetrics: Bool { syntax != .text004 }

    /// The value of the `Content-Type` header.
    public var contentType: String {
        switch syntax {
        case .text004: "text/plain; version=0.0.4; charset=utf-8; escaping=\(escaping.rawValue)"
        case .openMetrics001:
            "application/openmetrics-text; version=0.0.1; charset=utf-8; escaping=\(escaping.rawValue)"
        case .openMetrics100:
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=\(escaping.rawValue)"
        }
    }

    /// The format that suits an `Accept` header best; the text format if none does.
    ///
    /// The rules are those of Prometheus' own libraries: clauses by falling quality, the first that names a format we
    /// have wins, wildcards choose nothing, and an `escaping` parameter counts even in a clause that chooses nothing.
    public static func negotiate(accept: String?) -> ExpositionFormat {
        var escaping = EscapingScheme.underscores
        for clause in AcceptHeader(accept ?? "").clauses where clause.quality > 0 {
            if let scheme = clause.parameter("escaping").flatMap(EscapingScheme.init) { escaping = scheme }
            let version = clause.parameter("version") ?? ""
            switch (clause.type, clause.subtype, version) {
            case ("text", "plain", ""), ("text", "plain", "0.0.4"):
                return ExpositionFormat(syntax: .text004, escaping: escaping)
            case ("application", "openmetrics-text", "1.0.0"):
                return ExpositionFormat(syntax: .openMetrics100, escaping: escaping)
            case ("application", "openmetrics-text", ""), ("application", "openmetrics-text", "0.0.1"):
                return ExpositionFormat(syntax: .openMetrics001, escaping: escaping)
            default:
                continue
            }
        }
        return ExpositionFormat(syntax: .text004, escaping: escaping)
    }
}
