import Testing

@testable import Analysis

@Suite("Replaying recorded values")
struct SpotReplayTests {
    static let options = SpotReplay.Options(parameters: SpotParameters(down: true))

    /// Gaussian values with spikes, a missing value now and then, and one long gap.
    static func replay(_ options: SpotReplay.Options = options, count: Int = 20_000, timed: Bool = true) throws
        -> SpotReplay
    {
        var draws = Draws(seed: 8)
        var replay = try SpotReplay(name: "load", options: options)
        for index in 0..<count {
            let time = 1_750_000_000_000 + Int64(index) * 15_000 + (index > 10_000 ? 86_400_000 : 0)
            let value = index % 1999 == 1998 ? .nan : index % 3001 == 3000 ? 40 : draws.gaussian()
            replay.take(value, at: timed ? time : nil)
        }
        return replay
    }

    @Test("Spikes become alerts, and everything is counted")
    func counts() throws {
        let replay = try Self.replay()
        let summary = replay.summary
        #expect(summary.rows == 20_000 && summary.oldRows == 0)
        #expect(summary.missing == 10 + 5760 && summary.gaps == 1)
        #expect(summary.learned == 1100 && summary.learned + summary.judged + 10 == 20_000)
        #expect(summary.alarms >= 6 && summary.alarms <= 12 && summary.alarms == summary.anomalies)
        #expect(replay.foundAlerts.count == summary.alerts)
        let firstSpike: Int64 = 1_750_045_000_000
        #expect(replay.foundAlerts.first { $0.value == 40 }?.start == firstSpike)
        #expect(summary.states.values.reduce(0, +) == 20_000)
        #expect(summary.excesses > 400)
        let share = try #require(summary.flaggedShare(perChance: 1e-4))
        #expect(abs(share - Double(summary.anomalies) / (1e-4 * Double(summary.judged))) < 1e-9)
        #expect(replay.state == .running && (replay.threshold(of: .up) ?? 0) > 2)
        #expect(summary.least.map { $0 < -3 } == true && summary.most == 40)
    }

    @Test("Without times rows are an interval apart")
    func untimed() throws {
        let replay = try Self.replay(timed: false)
        #expect(replay.summary.gaps == 0 && replay.summary.missing == 10)
        #expect(replay.foundAlerts.contains { $0.start == 3000 * 15_000 })
        #expect(replay.summary.firstTime == 0 && replay.summary.lastTime == 19_999 * 15_000)
    }

    @Test("Rows that go back in time are counted and left out; counters become rates")
    func oldRows() throws {
        var replay = try SpotReplay(options: .init(transform: .rate))
        for (value, time) in [(0.0, 1000), (10, 2000), (99, 1500), (99, 2000), (30, 4000), (5, 5000)]
            as [(Double, Int64)]
        {
            replay.take(value, at: time)
        }
        #expect(replay.summary.oldRows == 2 && replay.summary.resets == 1)
        #expect(replay.summary.least == 10 && replay.summary.most == 10)
    }

    @Test("Of alerts beyond the bound only the number is kept")
    func bound() throws {
        var options = Self.options
        options.mostAlerts = 2
        let replay = try Self.replay(options)
        #expect(replay.foundAlerts.count == 2)
        #expect(replay.summary.alerts == replay.summary.omittedAlerts + 2)
    }

    @Test("A parameter that cannot be used is refused")
    func refuses() {
        #expect(throws: SpotParameterError.self) {
            try SpotReplay(options: .init(parameters: SpotParameters(level: 1)))
        }
    }

    @Test("What is drawn is bounded, and has the extremes and every alarm in it")
    func trace() throws {
        var trace = PlotTrace(mostPieces: 64)
        for index in 0..<10_000 {
            let isAlarm = index == 4321
            let step = SpotStep(
                status: isAlarm ? .anomaly : .normal,
                side: isAlarm ? .down : nil,
                value: isAlarm ? -7 : Double(index % 10),
                isAlarm: isAlarm
            )
            trace.add(step, at: Int64(index), upper: 20, lower: nil)
        }
        #expect(trace.pieces.count <= 64 && trace.pieces.count > 20)
        #expect(trace.pieces.map(\.count).reduce(0, +) == 10_000)
        #expect(trace.pieces.map(\.values.least).min() == -7 && trace.pieces.map(\.values.most).max() == 9)
        #expect(trace.pieces.compactMap(\.down) == [-7] && trace.pieces.compactMap(\.up).isEmpty)
        #expect(zip(trace.pieces, trace.pieces.dropFirst()).allSatisfy { $0.last < $1.first })
    }
}
