import Discovery
import Settings
import Testing

struct SourceTests {
    private struct Fixed: Source {
        var name: String { "fixed" }
        func services() async throws -> SourceListing { SourceListing(services: [Service(name: "a", address: "b")]) }
    }

    @Test func `a source without hints has a stream that ends when its reader is cancelled`() async throws {
        let source = Fixed()
        let task = Task { for await _ in source.changes() { Issue.record("a hint") } }
        task.cancel()
        await task.value
        #expect(try await source.services().services.count == 1)
    }

    @Test func `problems and errors name what is at fault`() {
        let position = Position(file: "f", line: 2, column: 3)
        #expect(SourceProblem(entry: "a", reason: "bad").description == "a: bad")
        #expect(SourceProblem(entry: "a", reason: "bad", position: position).description == "f:2:3: a: bad")
        #expect(SourceProblem(entry: "f", reason: "bad", position: position).description == "f:2:3: bad")
        let error = SourceError(.unavailable, "no answer", cause: SecretError(message: "why"))
        #expect(error.description == "no answer (why)")
        #expect("\(error.code)" == "unavailable")
    }

    @Test func `a service does not show its options`() {
        let service = Service(name: "a", address: "::1", port: 5, options: ["password": "hunter2"])
        var dumped = ""
        dump(service, to: &dumped)
        for text in ["\(service)", String(reflecting: service), "\([service])", dumped] {
            #expect(!text.contains("hunter2"))
        }
        #expect("\(service)" == "a@[::1]:5")
    }
}
