import Settings
import Testing

@testable import Discovery

struct ServiceHashTests {
    private let key = InstallationKey(hexadecimal: String(repeating: "ab", count: 32)) ?? InstallationKey()

    private func hash(
        _ yaml: String,
        template: String = "t",
        kind: String = "k",
        address: String = "a",
        port: Int? = 1,
        fingerprint: String = "",
        key: InstallationKey? = nil
    ) throws -> ServiceHash {
        ServiceHash(
            template: template,
            kind: kind,
            address: address,
            port: port,
            settings: try SettingsDocument.parse(yaml, file: "x"),
            fingerprint: fingerprint,
            key: key ?? self.key
        )
    }

    @Test func `a hash is 32 digits and the same for ever`() throws {
        #expect(try hash("{a: [1, x], b: {c: d}}").description == "955e51002ea15fc92de6e438e5b765aa")
    }

    @Test func `the order of keys, quotes and empty keys make no difference`() throws {
        let first = try hash("{a: 1, b: {c: 2, d: 3}}")
        #expect(try hash("{b: {d: '3', c: 2}, a: \"1\"}") == first)
        #expect(try hash("a: 1\nb:\n  d: 3\n  c: 2\ne: ~\n") == first)
    }

    @Test(
        arguments: [
            ("[a, b]", "['a\", \"b']"), ("[a, b]", "[b, a]"), ("[[a], b]", "[a, [b]]"), ("[[a, b]]", "[[a], [b]]"),
            ("{a: b}", "[a, b]"), ("[]", "{}"), ("[]", "''"), ("''", "~"), ("{a: {b: c}}", "{a: {}, b: c}"),
            ("{ab: c}", "{a: bc}"), ("[ab]", "[a, b]"), ("['']", "[]"), ("['', '']", "['']"), ("{a: ''}", "{}"),
            ("['1', '2']", "['12']"),
        ]
    )
    func `what differs never gives the same bytes`(one: String, other: String) throws {
        #expect(try hash(one) != hash(other))
    }

    @Test func `everything that matters changes it`() throws {
        let hashes = [
            try hash("{a: 1}"), try hash("{a: 2}"), try hash("{a: 1}", template: "u"), try hash("{a: 1}", kind: "l"),
            try hash("{a: 1}", address: "b"), try hash("{a: 1}", port: 2), try hash("{a: 1}", port: nil),
            try hash("{a: 1}", fingerprint: "f"), try hash("{a: 1}", template: "tk", kind: ""),
        ]
        #expect(Set(hashes).count == hashes.count)
    }

    @Test func `a secret enters only keyed`() throws {
        func hash(_ content: SettingsNode.Content, _ key: InstallationKey) -> ServiceHash {
            ServiceHash(
                template: "t",
                kind: "k",
                address: "a",
                port: nil,
                settings: SettingsNode(content: content, position: Position(file: "x")),
                fingerprint: "",
                key: key
            )
        }
        let other = InstallationKey()
        let one = hash(.secret(Secret("pw")), key)
        #expect(one == hash(.secret(Secret("pw")), key))
        #expect(one != hash(.secret(Secret("pw2")), key))
        #expect(one != hash(.secret(Secret("pw")), other))
        #expect(one != hash(.scalar("pw", quoted: true), key))
        #expect(hash(.scalar("pw", quoted: true), key) == hash(.scalar("pw", quoted: true), other))
        var encoder = CanonicalEncoder(key: key)
        encoder.append(Secret("hunter2"))
        #expect(!String(decoding: encoder.bytes, as: UTF8.self).contains("hunter2"))
    }
}
