import Glibc

/// What several rounds of one thing took.
struct Measurement {
    /// CPU seconds of each round, sorted.
    let rounds: [Double]

    /// Measures a function of an input that is made anew for every round, outside of the measured time.
    ///
    /// - Parameters:
    ///   - rounds: How often; two more come first and do not count.
    ///   - prepare: Makes the input of a round.
    ///   - run: What is measured. What it returns lives on until the time has been taken.
    ///   - finish: Does with the result what has to be done before the next round, outside of the measured time.
    init<Input, Output>(
        rounds: Int = 9,
        prepare: () throws -> Input,
        run: (Input) throws -> Output,
        finish: ((Output) -> Void)? = nil
    ) rethrows {
        var times: [Double] = []
        for round in -2..<rounds {
            let input = try prepare()
            let start = Self.processTime()
            let output = try run(input)
            let time = Self.processTime() - start
            if let finish { finish(output) } else { keep(output) }
            if round >= 0 { times.append(time) }
        }
        self.rounds = times.sorted()
    }

    /// Measures a function without an input.
    init<Output>(rounds: Int = 9, run: () throws -> Output) rethrows {
        try self.init(rounds: rounds, prepare: {}, run: { _ in try run() })
    }

    var median: Double { rounds[rounds.count / 2] }
    var minimum: Double { rounds[0] }

    /// CPU seconds of this process. Other processes on the machine disturb it less than they disturb a clock.
    private static func processTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// Keeps the optimizer from removing what a value was computed with.
@inline(never)
@_optimize(none)
func keep<Value>(_ value: Value) {}
