/// Prometheus' own checks.
public enum Promtool {
    /// Checks a page in the text format with `promtool check metrics`.
    ///
    /// - Returns: What it finds, one line each; empty if there is nothing wrong. A syntax error is a finding too.
    /// - Throws: ``TestSupportError`` if promtool is not installed or does not run.
    public static func checkMetrics(_ page: String) async throws -> [String] {
        try Requirement.promtool.check()
        let result = try await Command.run(["promtool", "check", "metrics"], input: page)
        if result.status == .exited(0) { return [] }
        let lines = (result.output + result.errors).split(separator: "\n").map(String.init)
        return lines.isEmpty ? ["promtool \(result.status)"] : lines
    }
}
