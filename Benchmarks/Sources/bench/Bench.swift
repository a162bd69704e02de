/// Measures what the design has budgets for, and prints each figure beside its budget.
@main
struct Bench {
    static func main() throws {
        print("CPU time of this process; the budget is compared with the median.\n")
        dispatchingBenchmarks()
        try matchingBenchmarks()
        expositionBenchmarks()
        try parsingBenchmarks()
        try analysisBenchmarks()
    }
}
