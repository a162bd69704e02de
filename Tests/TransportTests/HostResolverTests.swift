import TestSupport
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(1))) struct HostResolverTests {
    private var soon: ContinuousClock.Instant { .now.advanced(by: .seconds(30)) }

    @Test(arguments: ["127.0.0.1", "::1", "fe80::1%lo", "2001:db8::7"])
    func numericAddressesNeedNoLookup(address: String) async throws {
        let resolver = HostResolver(pool: BlockingPool()) { _ in
            .failure(TransportError(code: .notFound, message: "looked up"))
        }
        #expect(try await resolver.addresses(of: address, until: soon) == [address])
    }

    @Test func theSystemKnowsThisHost() async throws {
        let resolver = HostResolver(pool: BlockingPool())
        let addresses = try await resolver.addresses(of: "localhost", until: soon)
        #expect(addresses.contains("127.0.0.1") || addresses.contains("::1"))
        #expect(Set(addresses).count == addresses.count)
    }

    @Test(arguments: ["", "a\0b", String(repeating: "a", count: 300), "no-such-host.invalid"])
    func whatIsNoHostIsAnError(host: String) async throws {
        let resolver = HostResolver(pool: BlockingPool())
        let error = await #expect(throws: TransportError.self) {
            try await resolver.addresses(of: host, until: soon)
        }
        #expect(error?.code == .notFound)
    }

    @Test func aHungLookupBlocksNoOther() async throws {
        let gate = try ThreadGate()
        defer { gate.open() }
        let pool = BlockingPool(maximumThreads: 2)
        let resolver = HostResolver(pool: pool) { host in
            if host == "hung" { gate.pass() }
            return .success(["192.0.2.1"])
        }
        // Many ask for the hung name, and hold one thread together.
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    do {
                        _ = try await resolver.addresses(of: "hung", until: .now.advanced(by: .milliseconds(30)))
                        return false
                    } catch let error as TransportError {
                        return error.code == .timedOut
                    } catch {
                        return false
                    }
                }
            }
            for await timedOut in group { #expect(timedOut) }
        }
        #expect(pool.threadCount == 1)
        #expect(try await resolver.addresses(of: "fine", until: soon) == ["192.0.2.1"])
    }

    @Test func everyCallAfterAResultLooksUpAgain() async throws {
        let calls = Tally()
        let resolver = HostResolver(pool: BlockingPool()) { _ in
            let count = calls.add()
            return count == 1
                ? .failure(TransportError(code: .notFound, message: "not yet")) : .success(["192.0.2.\(count)"])
        }
        await #expect(throws: TransportError.self) { try await resolver.addresses(of: "name", until: soon) }
        #expect(try await resolver.addresses(of: "name", until: soon) == ["192.0.2.2"])
        #expect(try await resolver.addresses(of: "name", until: soon) == ["192.0.2.3"])
    }
}
