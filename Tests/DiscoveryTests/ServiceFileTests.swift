import Settings
import Testing

@testable import Discovery

struct ServiceFileTests {
    private func parse(_ text: String) throws -> ServiceFile { try ServiceFile.parse(text, file: "dir/s.yaml") }

    @Test func `our own form is read`() throws {
        let file = try parse(
            """
            services:
            - name: orders-db
              address: 10.0.0.5
              port: 5432
              tags: [postgres, b, postgres]
              labels: {env: prod}
              options: {database: orders}
              metadata: {rack: r7}
            - {name: local, address: /var/lib/x.db}
            - {name: six, address: "[::1]:80"}
            """
        )
        #expect(file.problems == [])
        #expect(
            file.services == [
                Service(
                    name: "orders-db",
                    address: "10.0.0.5",
                    port: 5432,
                    tags: ["b", "postgres"],
                    labels: ["env": "prod"],
                    options: ["database": "orders"],
                    metadata: ["rack": "r7"]
                ),
                Service(name: "local", address: "/var/lib/x.db"),
                Service(name: "six", address: "::1", port: 80),
            ]
        )
    }

    @Test func `the same in JSON is the same`() throws {
        let json = """
            {"services": [{"name": "a", "address": "b", "port": 1, "tags": ["x"], "labels": {"n": 5}}]}
            """
        #expect(
            try parse(json).services == [Service(name: "a", address: "b", port: 1, tags: ["x"], labels: ["n": "5"])]
        )
    }

    @Test func `a group may name a port for each address`() throws {
        let file = try parse(
            """
            services:
            - name: cache
              addresses: [a, "b:6380", {address: c, port: 6381}, {address: "[::1]"}]
              port: 6379
            """
        )
        #expect(
            file.services.map(\.description) == ["cache@a:6379", "cache@b:6380", "cache@c:6381", "cache@[::1]:6379"]
        )
        #expect(file.services.map { $0.labels["host"] } == ["a", "b", "c", "::1"])
    }

    @Test(
        arguments: [
            ("{name: a, address: b, lables: {}}", "lables: unknown key; did you mean \"labels\"?"),
            ("{address: b}", "the key \"name\" is missing"),
            ("{name: '', address: b}", "name: must not be empty"),
            ("{name: a}", "the key \"address\" is missing (or \"addresses\" for several)"),
            (
                "{name: a, address: b, addresses: [c]}",
                "addresses: expected either \"address\" or \"addresses\", found both"
            ),
            ("{name: a, address: b, port: 0}", "port: expected an integer from 1 to 65535, found \"0\""),
            ("{name: a, address: b, port: 65536}", "port: expected an integer from 1 to 65535, found \"65536\""),
            ("{name: a, address: 'b:1', port: 2}", "address: the port stands here as 1 and under \"port\" as 2"),
            ("{name: a, address: 'b:x'}", "address: \"b:x\": expected a port from 1 to 65535, found \"x\""),
            ("{name: a, address: [b]}", "address: expected an address, found a list"),
            ("{name: a, address: ''}", "the address must not be empty"),
            ("{name: a, address: 'b c'}", "an address has no blanks, found \"b c\""),
            ("{name: \"a\\nb\", address: b}", "the name contains a control character"),
            ("{name: a, address: \"b\\0c\"}", "the address contains a control character"),
            (
                "{name: a, address: b, labels: {1x: y}}",
                "\"1x\" is no label name; expected letters, digits and underscores"
            ),
            (
                "{name: a, address: b, labels: {é: y}}",
                "\"é\" is no label name; expected letters, digits and underscores"
            ),
            (
                "{name: a, address: b, labels: {__x: y}}",
                "label names that begin with \"__\" are reserved, found \"__x\""
            ),
            ("{name: a, address: b, labels: {x: [1]}}", "labels.x: expected a string, found a list"),
            ("{name: a, address: b, tags: x}", "tags: expected a list, found \"x\""),
            ("{name: a, address: b, tags: ['']}", "a tag must not be empty"),
            ("{name: a, addresses: [b, 'c:y']}", "addresses[1]: \"c:y\": expected a port from 1 to 65535, found \"y\""),
            ("just-text", "expected a mapping, found \"just-text\""),
        ]
    )
    func `a bad entry costs that entry and says why and where`(entry: String, reason: String) throws {
        let file = try parse("services:\n- {name: good, address: x}\n- \(entry)\n- {name: fine, address: y}\n")
        #expect(file.services.map(\.name) == ["good", "fine"])
        #expect(file.problems.first?.reason == reason)
        #expect(file.problems.first?.position?.line == 3)
        #expect(file.problems.first?.position?.file == "dir/s.yaml")
    }

    @Test func `a problem names its entry`() throws {
        let file = try parse("services:\n- {name: a, address: b, port: x}\n- {port: 1, address: c}\n")
        #expect(file.problems.map(\.entry) == ["a", "services[1]"])
        #expect(
            file.problems.first?.description
                == "dir/s.yaml:2:31: a: port: expected an integer from 1 to 65535, found \"x\""
        )
    }

    @Test(
        arguments: [
            ("", "the file is empty"), ("# nothing\n", "the file is empty"), ("services:\n", "missing or empty"),
            ("service: []\n", "did you mean \"services\"?"), ("services: {a: b}\n", "expected a list, found a mapping"),
            ("text\n", "expected \"services:\""), ("services: [{name: a", "not YAML"),
            ("[{targets: [a]}, null]", "a target group is null"),
        ]
    )
    func `a file that makes no sense as a whole is an error`(text: String, message: String) {
        let error = #expect(throws: SettingsError.self) { try parse(text) }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }

    @Test(arguments: ["services: []", "[]", "{\"services\": []}"])
    func `no services are said with an empty list`(text: String) throws {
        #expect(try parse(text).services.isEmpty)
        #expect(try parse(text).problems.isEmpty)
    }

    @Test func `an unknown key beside the services is reported and costs nothing`() throws {
        let file = try parse("services: [{name: a, address: b}]\nversion: 1\n")
        #expect(file.services.count == 1)
        #expect(file.problems.map(\.description) == ["dir/s.yaml:2:1: version: unknown key; known are services"])
    }

    @Test func `huge values are refused`() throws {
        let long = String(repeating: "x", count: 20_000)
        let file = try parse(
            """
            services:
            - {name: \(long), address: b}
            - {name: a, address: \(long)}
            - {name: b, address: b, labels: {x: \(long)}}
            - {name: c, address: b, options: {\(long.prefix(300)): y}}
            - {name: d, address: b}
            """
        )
        #expect(file.services.map(\.name) == ["d"])
        #expect(file.problems.count == 4)
        #expect(file.problems.allSatisfy { $0.reason.count < 200 })
    }
}
