import Glibc

/// Adds up the time that parts of a run take: on the clock, and of the processor, in all threads of this process.
struct Stopwatch {
    /// Seconds on the clock.
    private(set) var elapsed = 0.0
    /// Seconds of the processor.
    private(set) var cpu = 0.0

    /// Measures a part.
    mutating func measure<Output>(_ part: () async throws -> Output) async rethrows -> Output {
        let (clock, processor) = (Self.seconds(CLOCK_MONOTONIC), Self.seconds(CLOCK_PROCESS_CPUTIME_ID))
        let output = try await part()
        elapsed += Self.seconds(CLOCK_MONOTONIC) - clock
        cpu += Self.seconds(CLOCK_PROCESS_CPUTIME_ID) - processor
        return output
    }

    /// Takes off what others in this process have used meanwhile.
    mutating func subtract(cpu seconds: Double) { cpu -= seconds }

    /// What a clock of the system shows.
    static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Milliseconds since 1970.
    static var wallTime: Int64 { Int64(seconds(CLOCK_REALTIME) * 1000) }
}
