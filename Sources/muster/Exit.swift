import Agent
import ArgumentParser
import Foundation

/// How a command ends: in one clear line and exit code 1, never in a dump.
enum Exit {
    /// Runs a command and turns what it throws into one line each on standard error.
    static func withClearErrors(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as ExitCode {
            throw error
        } catch {
            printError("\(error)")
            throw ExitCode(1)
        }
    }

    /// Prints to standard error, with the program's name in front of text that does not begin with a place.
    static func printError(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}
