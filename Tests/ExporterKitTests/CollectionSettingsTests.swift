import Testing

@testable import ExporterKit

struct CollectionSettingsTests {
    @Test func defaultsFollowTheInterval() throws {
        let long = try CollectionSettings(interval: .seconds(30))
        #expect(long.timeout == .seconds(10))
        #expect(long.staleAfter == .seconds(75))
        let short = try CollectionSettings(interval: .seconds(2))
        #expect(short.timeout == .seconds(2))
        #expect(short.staleAfter == .seconds(5))
        #expect(CollectionSettings.standard == (try CollectionSettings(interval: .seconds(15))))
    }

    @Test(arguments: [
        Duration.zero, .seconds(-1), .milliseconds(9), .seconds(400 * 86_400), .seconds(Int64.max), .seconds(Int64.min),
    ])
    func intervalsOutOfBoundsAreRefused(interval: Duration) {
        #expect { try CollectionSettings(interval: interval) } throws: {
            ($0 as? CollectionSettingsError)?.field == .interval
        }
    }

    @Test func otherFieldsAreChecked() {
        let second = Duration.seconds(1)
        for timeout in [Duration.zero, .seconds(-1), .seconds(2)] {
            #expect {
                try CollectionSettings(interval: second, timeout: timeout)
            } throws: {
                ($0 as? CollectionSettingsError)?.field == .timeout
            }
        }
        #expect {
            try CollectionSettings(interval: second, staleAfter: .milliseconds(999))
        } throws: {
            ($0 as? CollectionSettingsError)?.field == .staleAfter
        }
        #expect {
            try CollectionSettings(interval: second, sampleLimit: 0)
        } throws: {
            String(describing: $0) == "sample_limit must be at least 1, not 0"
        }
    }

    @Test func collectorsOwnTimesAreKeptInBounds() throws {
        let settings = try CollectionSettings(interval: .seconds(10), timeout: .seconds(5), staleAfter: .seconds(30))
        let collector = { (interval: Duration?, timeout: Duration?) in
            ClosureCollector("x", interval: interval, timeout: timeout) { _ in }
        }
        #expect(settings.interval(of: collector(nil, nil)) == .seconds(10))
        #expect(settings.interval(of: collector(.zero, nil)) == .milliseconds(10))
        #expect(
            settings.interval(of: collector(.seconds(Int64.max), nil)) == CollectionSettings.allowedIntervals.upperBound
        )
        #expect(settings.timeout(of: collector(nil, nil)) == .seconds(5))
        #expect(settings.timeout(of: collector(nil, .seconds(-1))) == .seconds(5))
        #expect(settings.timeout(of: collector(nil, .seconds(60))) == .seconds(60))
        #expect(settings.staleAfter(of: collector(nil, nil)) == .seconds(30))
        #expect(settings.staleAfter(of: collector(.seconds(60), nil)) == .seconds(180))
    }

    @Test(
        arguments: [
            (.zero, 0), (.seconds(1.5), 1_500_000_000), (.seconds(-2), -2_000_000_000),
            (.seconds(Int64.max), Int64.max / 2), (.seconds(Int64.min), -(Int64.max / 2)), (.nanoseconds(7), 7),
        ] as [(Duration, Int64)]
    )
    func nanosecondsAreBounded(duration: Duration, nanoseconds: Int64) {
        #expect(duration.boundedNanoseconds == nanoseconds)
    }
}
