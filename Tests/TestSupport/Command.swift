import Glibc

/// Runs programs to their end.
public enum Command {
    /// What a program gave.
    public struct Result: Sendable {
        /// How it ended.
        public var status: ExitStatus
        /// What it wrote to its standard output.
        public var output: String
        /// What it wrote to its standard error.
        public var errors: String
    }

    /// Runs a program to its end. It dies with the test process.
    ///
    /// - Parameters:
    ///   - arguments: The program's name or path, and its arguments.
    ///   - environment: Added to that of the test process.
    ///   - user: Run as this user, if we are root.
    ///   - input: Its standard input.
    ///   - limit: When it takes longer it is killed, with its descendants.
    /// - Throws: ``TestSupportError`` if it cannot be started or takes too long.
    public static func run(
        _ arguments: [String],
        environment: [String: String] = [:],
        user: String? = nil,
        input: String = "",
        within limit: Duration = .seconds(60)
    ) async throws -> Result {
        guard let name = arguments.first else { throw TestSupportError("nothing to run") }
        let path = try Executable.path(name)
        var opened: [Int32] = []
        defer { for descriptor in opened { close(descriptor) } }
        for text in [input, "", ""] { opened.append(try TextFile.anonymous(text)) }
        let child = try ChildProcess(
            [path] + arguments.dropFirst(),
            environment: Spawn.environment.merging(environment) { $1 },
            user: user,
            input: opened[0],
            output: opened[1],
            errors: opened[2]
        )
        let status = try await child.wait(until: .now + limit)
        let output = String(decoding: try TextFile.bytes(of: opened[1], name: name), as: UTF8.self)
        let errors = String(decoding: try TextFile.bytes(of: opened[2], name: name), as: UTF8.self)
        guard let status else {
            child.killAndReap()
            throw TestSupportError("\(name) did not end within \(limit): \(output.suffix(500))\(errors.suffix(500))")
        }
        return Result(status: status, output: output, errors: errors)
    }

    /// Runs a program that must succeed, and returns its standard output; parameters are those of `run`.
    ///
    /// - Throws: ``TestSupportError`` with its standard error if it fails.
    @discardableResult
    public static func output(
        _ arguments: [String],
        environment: [String: String] = [:],
        user: String? = nil,
        input: String = "",
        within limit: Duration = .seconds(60)
    ) async throws -> String {
        let result = try await run(arguments, environment: environment, user: user, input: input, within: limit)
        guard result.status == .exited(0) else {
            let said = result.errors.isEmpty ? result.output : result.errors
            throw TestSupportError("\(arguments.first ?? "") \(result.status): \(said.suffix(2000))")
        }
        return result.output
    }
}
