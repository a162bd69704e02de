import Testing

@testable import PostgresExporter

@Suite struct TimestampTextTests {
    @Test(
        arguments: [
            ("1970-01-01 00:00:00+00", 0), ("2026-11-21 18:29:00+00", 1_795_285_740),
            ("2026-11-21 18:29:00.25+00", 1_795_285_740.25), ("2000-02-29 23:59:60+00", 951_868_800),
            ("1970-01-01 05:30:00+05:30", 0), ("1969-12-31 16:00:00-08", 0), ("1970-01-01 00:00:01", 1),
            ("1900-01-01 00:00:00+00:19:32", -2_208_989_972), ("1970-01-02", 86_400), ("0001-01-01", -62_135_596_800),
            ("0001-12-31 BC", -62_135_683_200), ("0044-03-15 12:00:00+00 BC", -63_517_780_800),
            ("294276-12-31 23:59:59.999999+00", 9_224_318_015_999.999999),
        ] as [(String, Double)]
    )
    func momentsAreSecondsSince1970(text: String, seconds: Double) throws {
        let value = try #require(withBytes(text) { TimestampText.seconds($0) })
        #expect(abs(value - seconds) < 0.001)
    }

    @Test func infinityIsInfinite() {
        #expect(withBytes("infinity") { TimestampText.seconds($0) } == .infinity)
        #expect(withBytes("-infinity") { TimestampText.seconds($0) } == -.infinity)
    }

    @Test(arguments: [
        "", "now", "2026", "2026-13-01", "2026-00-10", "2026-01-32", "2026-01-01 25:00:00", "2026-01-01 12:00",
        "2026-01-01T12:00:00", "2026-01-01 12:00:00+", "2026-01-01 12:00:00.", "2026-01-01 12:00:00+00 AD",
        "12345678-01-01", "01/02/2026", "infinity ", "2026-01-01 ",
    ])
    func everythingElseIsNone(text: String) {
        #expect(withBytes(text) { TimestampText.seconds($0) } == nil)
    }
}
