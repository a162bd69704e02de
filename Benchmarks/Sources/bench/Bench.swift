/// Measures what the design has budgets for, and prints each figure beside its budget.
///
/// With the word `modules` it measures the exporting modules instead, with the servers that follow as `name=address`.
@main
struct Bench {
    static func main() async throws {
        if CommandLine.arguments.dropFirst().first == "modules" {
            try await moduleBenchmarks(addresses(CommandLine.arguments.dropFirst(2)))
            return
        }
        print("CPU time of this process; the budget is compared with the median.\n")
        dispatchingBenchmarks()
        try matchingBenchmarks()
        expositionBenchmarks()
        try parsingBenchmarks()
        try analysisBenchmarks()
        try detectorBenchmarks()
    }

    private static func addresses(_ arguments: ArraySlice<String>) throws -> [String: String] {
        var addresses: [String: String] = [:]
        for argument in arguments {
            let parts = argument.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { throw BenchError("\(argument) is not name=address") }
            addresses[String(parts[0])] = String(parts[1])
        }
        return addresses
    }
}
