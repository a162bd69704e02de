import Glibc
import TestSupport
import Testing

@Suite struct CommandTests {
    @Test func `Output, errors, input, environment and status all pass`() async throws {
        let result = try await Command.run(
            ["sh", "-c", "cat; echo $MUSTER_WORD >&2; exit 4"],
            environment: ["MUSTER_WORD": "two words"],
            input: "one\n"
        )
        #expect(result.status == .exited(4))
        #expect(result.output == "one\n")
        #expect(result.errors == "two words\n")
    }

    @Test func `Output far larger than a pipe does not block`() async throws {
        let output = try await Command.output(["sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x"])
        #expect(output.utf8.count == 1_000_000)
    }

    @Test func `A command that fails is an error with what it said`() async throws {
        let error = await #expect(throws: TestSupportError.self) {
            try await Command.output(["sh", "-c", "echo no luck >&2; exit 2"])
        }
        #expect(error?.message.contains("exited with 2") == true)
        #expect(error?.message.contains("no luck") == true)
    }

    @Test func `A command that takes too long is killed`() async throws {
        let error = await #expect(throws: TestSupportError.self) {
            try await Command.run(["sleep", "1000"], within: .milliseconds(50))
        }
        #expect(error?.message.contains("did not end") == true)
    }

    @Test func `A program that is not there is an error`() async throws {
        await #expect(throws: TestSupportError.self) { try await Command.run(["muster-no-such-program"]) }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can change the user"))
    func `A command runs as another user`() async throws {
        #expect(try await Command.output(["id", "-un"], user: "nobody", input: "") == "nobody\n")
    }
}
