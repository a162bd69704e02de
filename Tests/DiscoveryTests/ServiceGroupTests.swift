import Discovery
import Testing

struct ServiceGroupTests {
    @Test func `a group splits into one service per address, with its own host label`() {
        let group = ServiceGroup(
            name: "db",
            addresses: ["a", "b"],
            port: 5432,
            tags: ["t"],
            labels: ["env": "prod"],
            options: ["o": "1"],
            metadata: ["m": "2"]
        )
        let services = group.services()
        #expect(services.map(\.address) == ["a", "b"])
        #expect(services.map(\.port) == [5432, 5432])
        #expect(services[1].labels == ["env": "prod", "service": "db", "host": "b"])
        #expect(services.allSatisfy { $0.tags == ["t"] && $0.options == ["o": "1"] && $0.metadata == ["m": "2"] })
    }

    @Test func `an address that stands twice gives one service, another port another one`() {
        let group = ServiceGroup(
            name: "db",
            endpoints: [
                .init(address: "a"), .init(address: "a"), .init(address: "a", port: 1), .init(address: "a", port: 2),
            ],
            port: 1
        )
        #expect(group.services().map(\.port) == [1, 2])
    }

    @Test func `a group's own labels service and host stay`() {
        let services = ServiceGroup(name: "db", addresses: ["a"], labels: ["service": "x", "host": "y"]).services()
        #expect(services.first?.labels == ["service": "x", "host": "y"])
    }

    @Test func `a group without addresses is no service`() {
        #expect(ServiceGroup(name: "db", addresses: []).services().isEmpty)
    }
}
