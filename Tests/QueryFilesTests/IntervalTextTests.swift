import Testing

@testable import QueryFiles

@Suite struct IntervalTextTests {
    @Test(
        arguments: [
            ("0", 0), ("5ms", 5), ("1h2m", 3_720_000), ("1.5h", 5_400_000), ("-1h2m", -3_720_000), ("200us", 0.2),
            ("3µs", 0.003), ("10s", 10_000), ("30 min", 1_800_000), ("5min", 300_000), ("1d", 86_400_000),
            ("00:00:05", 5_000), ("-00:00:01", -1_000), ("1 day 02:03:04.5", 93_784_500),
            ("1 day -02:00", 79_200_000), ("-1 days +02:03:04", -79_016_000), ("1 mon", 2_592_000_000),
            ("@ 1 min 2 secs", 62_000), ("@ 1 min 2 secs ago", -62_000), ("P1DT2H3M4S", 93_784_000),
            ("PT0S", 0), ("P-1D", -86_400_000), ("-PT1.5S", -1_500), ("1 year", 31_557_600_000),
            ("1h15m30.918273645s", 4_530_918.273645), ("100:00:00", 360_000_000),
        ] as [(String, Double)]
    )
    func durationsAreMilliseconds(_ text: String, _ expected: Double) throws {
        let found = try #require(IntervalText.milliseconds(text))
        #expect(abs(found - expected) <= abs(expected) * 1e-12)
    }

    @Test(
        arguments: [
            "", " ", "5", "-1", "ms", "5 parsecs", "1h2", "1:2:3:4", "::", "1..2s", "P", "PT", "P1", "P1S", "ago", "@",
            "1 day ago ago", "--5s", "5s-", "nan s", String(repeating: "9", count: 400) + "s",
        ]
    )
    func otherTextsAreNone(_ text: String) {
        #expect(IntervalText.milliseconds(text) == nil)
    }
}
