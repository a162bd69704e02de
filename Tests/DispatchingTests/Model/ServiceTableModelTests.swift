import Glibc
import TestSupport
import Testing

/// Random schedules against a plain model of the rules. `MUSTER_SEED=n` replays one.
struct ServiceTableModelTests {
    private static let groups = 8
    private static let schedulesPerGroup: UInt64 = 1250

    @Test(arguments: 0..<groups)
    func noScheduleBreaksARule(group: Int) {
        if let text = getenv("MUSTER_SEED"), let seed = UInt64(String(cString: text)) {
            if group == 0 { expectNoProblem(seed) }
            return
        }
        let first = UInt64(group) * Self.schedulesPerGroup
        for seed in first..<(first + Self.schedulesPerGroup) {
            guard expectNoProblem(seed) else { return }
        }
    }

    @discardableResult
    private func expectNoProblem(_ seed: UInt64) -> Bool {
        let problem = RandomSchedule.run(seed: seed)
        #expect(problem == nil, "replay with MUSTER_SEED=\(seed)")
        return problem == nil
    }
}
