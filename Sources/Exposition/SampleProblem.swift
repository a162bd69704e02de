/// Why a sample or a family was left out of a page. It is counted and named in the API; the rest of the page stays.
public struct SampleProblem: Sendable, Hashable, CustomStringConvertible {
    /// The kinds of problem.
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        /// A metric or label name that no escaping can carry: empty, not UTF-8, or a label name that begins with `__`.
        case illegalName = "illegal_name"
        /// The same series twice.
        case duplicateSeries = "duplicate_series"
        /// Another exporter, or another query, gave this name another type.
        case typeConflict = "type_conflict"
        /// A value that does not fit the family's kind, such as a number in a histogram.
        case wrongValue = "wrong_value"
        /// More samples than the configured limit.
        case limitExceeded = "limit_exceeded"
    }

    /// Why.
    public var reason: Reason
    /// The name of the family.
    public var family: String
    /// What exactly, for a person: the series, the two types ...
    public var detail: String
    /// How many samples were left out for it.
    public var count: Int

    /// Creates a problem.
    public init(reason: Reason, family: String, detail: String, count: Int = 1) {
        self.reason = reason
        self.family = family
        self.detail = detail
        self.count = count
    }

    /// One line for a person.
    public var description: String { "\(reason.rawValue): \(family): \(detail)" }
}
