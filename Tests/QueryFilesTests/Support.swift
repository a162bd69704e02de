import Exposition
import QueryFiles
import Settings

/// Parses a text as the file `q.yaml`, for names like `postgres_...`.
func parse(_ text: String) -> (queries: [QueryDefinition], problems: [String]) {
    let problems = ProblemList()
    let queries = QueryFile.parse(text, file: "q.yaml", defaultPrefix: "postgres", problems: problems)
    return (queries, problems.problems.map(\.description))
}

/// The samples of a result as lines: `name{label="value"} number`.
func lines(_ result: QueryResult) -> [String] {
    result.families.flatMap { family in
        family.metrics.map { metric in
            let labels = metric.labels.labels.map { "\($0.name)=\"\($0.value)\"" }.joined(separator: ",")
            let time = metric.timestamp.map { " @\($0)" } ?? ""
            return family.name + (labels.isEmpty ? "" : "{\(labels)}") + " \(text(metric.value))" + time
        }
    }
}

private func text(_ value: MetricValue) -> String {
    switch value {
    case .number(let number):
        return "\(number)"
    case .histogram(let histogram):
        let buckets = histogram.buckets.map { "\($0.upperBound):\($0.cumulativeCount)" }
        return "[\(buckets.joined(separator: " "))] sum=\(histogram.sum) count=\(histogram.count)"
    case .summary:
        return "summary"
    }
}

/// A problem list whose findings can be compared.
struct ProblemListBox {
    let list = ProblemList()
    var descriptions: [String] { list.problems.map(\.description) }
}
