import Foundation
import TestSupport

/// The executable that was built with the tests, and the files that belong to it.
enum MusterProgram {
    /// The path of the executable: it lies beside the test bundle.
    static func path() throws -> String {
        let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let beside = URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("muster").path
        let candidates = [beside, "\(root)/.build/debug/muster"]
        guard let path = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw TestSupportError("muster has not been built: none of \(candidates) is there")
        }
        return path
    }

    /// The folder of the package.
    static var root: String {
        URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
    }

    /// Runs a command to its end.
    static func run(
        _ arguments: String...,
        environment: [String: String] = [:],
        within limit: Duration = .seconds(30)
    ) async throws -> Command.Result {
        try await Command.run([path()] + arguments, environment: environment, within: limit)
    }
}
