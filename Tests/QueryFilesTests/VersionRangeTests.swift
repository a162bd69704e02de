import QueryFiles
import Testing

@Suite struct VersionRangeTests {
    @Test(
        arguments: [
            (">=14 <17", "14.0", true), (">=14 <17", "16.9", true), (">=14 <17", "17.0", false),
            (">=14 <17", "13.22", false), (">=14,<17", "15", true), (">= 14, < 17", "15", true), ("=14", "14.5", true),
            ("14", "14.5", true), ("14", "15", false), ("<=14", "14.5", true), (">14", "14.5", false),
            (">14", "15", true),
            ("==14.5", "14.5.0", true), ("!=14", "14.2", false), ("!14", "15", true), (">=9.6.3", "9.6.2", false),
            (">=9.6.3", "10", true), ("<10 || >=12", "11", false), ("<10 || >=12", "12.1", true),
            (">=10.0.0 <12.0.0", "11.22", true), (">=3.40.1", "3.40.1", true),
        ] as [(String, String, Bool)]
    )
    func comparatorsMustAllHold(_ range: String, _ version: String, _ expected: Bool) throws {
        let range = try #require(VersionRange(range))
        let version = try #require(ServerVersion(version))
        #expect(range.contains(version) == expected)
    }

    @Test(
        arguments: [
            "", " ", ">=", "new", ">=14x", "=>14", ">=14 <", "14.x", "1.2.3.4", "|| 14", "14 ||", "14 | 15", ">=-1",
            ">=99999999999999999999", String(repeating: ">=1 ", count: 100),
        ]
    )
    func otherTextsAreNoRanges(_ text: String) {
        #expect(VersionRange(text) == nil)
    }

    @Test(
        arguments: [
            ("14.5 (Debian 14.5-1.pgdg110+1)", ServerVersion(14, 5)), ("17beta1", ServerVersion(17)),
            ("3.40.1", ServerVersion(3, 40, 1)), ("9.6.24", ServerVersion(9, 6, 24)), ("10.", ServerVersion(10)),
            ("1.2.3.4", ServerVersion(1, 2, 3)),
        ] as [(String, ServerVersion)]
    )
    func versionsAreReadFromTheStartOfAText(_ text: String, _ expected: ServerVersion) {
        #expect(ServerVersion(text) == expected)
    }

    @Test(arguments: ["", "PostgreSQL 14", ".1", "99999999999999999999"])
    func textsWithoutANumberAreNoVersions(_ text: String) {
        #expect(ServerVersion(text) == nil)
    }
}
