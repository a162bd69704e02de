/// When something that failed is tried again: the waits double, with jitter, so that many who failed together do not come
/// back together.
struct RetryClock: Sendable, Hashable {
    /// How many attempts have failed one after the other.
    private(set) var failures = 0
    /// When the next attempt is due; nil if the last one did not fail.
    private(set) var until: Duration?
    /// Whether the destination has said so itself.
    private(set) var isTold = false

    /// Whether the last attempt failed.
    var isFailing: Bool { failures > 0 }

    /// Whether an attempt may be made.
    func isDue(_ now: Duration) -> Bool {
        until.map { $0 <= now } ?? true
    }

    /// Notes a failure.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - after: The wait that the destination asked for.
    ///   - hadProgress: Whether the attempt was not for nothing, so that the waits begin anew.
    mutating func fail(
        now: Duration,
        after: Duration?,
        hadProgress: Bool = false,
        settings: RunnerSettings,
        using random: inout some RandomNumberGenerator
    ) {
        failures = hadProgress ? 1 : min(failures, Int.max - 1) + 1
        isTold = after != nil
        var wait = max(settings.initialBackoff, .zero)
        let longest = max(settings.maximumBackoff, wait)
        if let after {
            // A destination that asks for less than the first wait would be asked without a pause.
            wait = max(min(after, settings.maximumRetryAfter), wait)
            // Never earlier than asked for.
            wait = wait * Double.random(in: 1...1.1, using: &random)
        } else {
            // Stops as soon as the longest wait is reached, so that no number of failures can overflow.
            var left = failures - 1
            while left > 0, wait > .zero, wait < longest {
                wait = min(wait * 2, longest)
                left -= 1
            }
            wait = wait * Double.random(in: 0.8...1.2, using: &random)
        }
        until = now + wait
    }

    /// Notes that an attempt has not failed.
    mutating func succeed() {
        self = RetryClock()
    }

    /// Makes the next attempt due, unless the destination has asked for the wait.
    mutating func hurry(now: Duration) {
        if !isTold, let until, until > now { self.until = now }
    }
}

/// A small generator of random numbers, for jitter (SplitMix64).
struct JitterGenerator: RandomNumberGenerator, Sendable, Hashable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
