/// Collects problems: one entry for each reason and family, with the first detail and an exact count. Their number is
/// bounded; what is beyond the bound is counted in one entry for each reason.
package struct ProblemLog {
    private struct Key: Hashable {
        var reason: SampleProblem.Reason
        var family: ExactName
    }

    /// How many entries are kept besides those for the rest.
    package static let limit = 64
    private static let nameLimit = 200
    private static let detailLimit = 400

    package private(set) var problems: [SampleProblem] = []
    private var indices: [Key: Int] = [:]

    /// A log of nothing.
    package init() {}

    /// Adds samples that were left out.
    package mutating func add(
        _ reason: SampleProblem.Reason,
        family: String,
        count: Int,
        detail: @autoclosure () -> String
    ) {
        var key = Key(reason: reason, family: ExactName(family))
        if let index = indices[key] {
            problems[index].count += count
            return
        }
        var problem = SampleProblem(
            reason: reason,
            family: family.bounded(to: Self.nameLimit),
            detail: "",
            count: count
        )
        if problems.count >= Self.limit {
            key.family = ExactName("")
            problem.family = ""
            problem.detail = "in more families than are listed"
            if let index = indices[key] {
                problems[index].count += count
                return
            }
        } else {
            problem.detail = detail().bounded(to: Self.detailLimit)
        }
        indices[key] = problems.count
        problems.append(problem)
    }

    /// Adds what another part found.
    mutating func add(_ others: [SampleProblem]) {
        for other in others { add(other.reason, family: other.family, count: other.count, detail: other.detail) }
    }
}
