import Settings
import Testing

struct DurationTextTests {
    @Test(
        arguments: [
            ("0", Duration.zero), ("0s", .zero), ("500ms", .milliseconds(500)), ("15s", .seconds(15)),
            ("1m30s", .seconds(90)), ("2h", .seconds(7200)), ("7d", .seconds(604_800)), ("1w", .seconds(604_800)),
            ("100us", .microseconds(100)), ("1ns", .nanoseconds(1)), ("9223372036854775807ns", .nanoseconds(Int64.max)),
        ]
    )
    func `a duration with units is read`(text: String, expected: Duration) {
        #expect(DurationText.parse(text) == expected)
    }

    @Test(
        arguments: [
            "", "15", "s", "15 s", "-1s", "1.5h", "1x", "1S", "15s ", "9223372036854775808ns", "300y", "٣s",
            "99999999999999999999999999999999s",
        ]
    )
    func `what is no duration, or has no unit, is refused`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(arguments: ["1m30s", "0s", "1d2h3m4s5ms6us7ns", "500ms"])
    func `a duration is written as it is read`(text: String) throws {
        #expect(DurationText.format(try #require(DurationText.parse(text))) == text)
    }

    @Test func `the largest and smallest durations are written, not trapped on`() {
        #expect(DurationText.format(.nanoseconds(Int64.max)) == "106751d23h47m16s854ms775us807ns")
        #expect(DurationText.format(.nanoseconds(Int64.min)).hasPrefix("-106751d"))
        #expect(DurationText.format(.seconds(Int64.max)) == "9223372036854775807s")
        #expect(DurationText.format(.seconds(Int64.min)) == "-9223372036854775808s")
        #expect(DurationText.format(.seconds(9_223_372_036) + .milliseconds(999)) == "9223372036s")
    }
}
