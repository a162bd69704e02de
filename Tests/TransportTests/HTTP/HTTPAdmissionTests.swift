import TestSupport
import Testing

@testable import Transport

@Suite struct HTTPAdmissionTests {
    @Test func theBoundsHoldAndTheOrderOfAHostIsKept() {
        var admission = HTTPAdmission(maximum: 3, maximumPerHost: 2)
        func enter(_ id: UInt64, host: String) -> Bool { admission.enter(id, host: host) }
        func leave(_ id: UInt64) -> [UInt64] { admission.leave(id) }
        #expect(enter(1, host: "a"))
        #expect(enter(2, host: "a"))
        #expect(!enter(3, host: "a"))
        #expect(!enter(4, host: "a"))
        #expect(enter(5, host: "b"))
        #expect(!enter(6, host: "b"))
        #expect(!enter(7, host: "c"))
        #expect(leave(5) == [6])
        #expect(leave(1) == [7])
        #expect(leave(2) == [3])
        #expect(leave(7) == [4])
        #expect(admission.runningCount == 3)
    }

    @Test func whoWaitsNoMoreIsPassedOver() {
        var admission = HTTPAdmission(maximum: 1, maximumPerHost: 1)
        func enter(_ id: UInt64, host: String) -> Bool { admission.enter(id, host: host) }
        func leave(_ id: UInt64) -> [UInt64] { admission.leave(id) }
        #expect(enter(1, host: "a"))
        for id in 2...5 { #expect(!enter(UInt64(id), host: "a")) }
        #expect(leave(2).isEmpty)
        #expect(leave(4).isEmpty)
        #expect(leave(1) == [3])
        #expect(leave(3) == [5])
        #expect(leave(5).isEmpty)
        #expect(leave(5).isEmpty)
        #expect(admission.count == 0 && admission.runningCount == 0)
    }

    /// Against a slow and simple model: never more than allowed, never less than possible, everything gets its turn.
    @Test(arguments: 0..<10) func randomComingsAndGoings(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let (maximum, perHost) = (Int.random(in: 1...6, using: &generator), Int.random(in: 1...4, using: &generator))
        var admission = HTTPAdmission(maximum: maximum, maximumPerHost: perHost)
        var running: [UInt64: String] = [:]
        var waiting: [UInt64: String] = [:]
        func runningOf(_ host: String) -> Int { running.values.count { $0 == host } }
        func check() {
            #expect(running.count <= maximum && admission.runningCount == running.count)
            for host in Set(running.values) { #expect(runningOf(host) <= perHost) }
            if running.count < maximum {
                for host in Set(waiting.values) { #expect(runningOf(host) == perHost) }
            }
            #expect(admission.count == running.count + waiting.count)
        }
        func leave(_ id: UInt64) {
            running[id] = nil
            waiting[id] = nil
            for next in admission.leave(id) { running[next] = waiting.removeValue(forKey: next) }
            check()
        }
        for id in 0..<1000 as Range<UInt64> {
            let host = "h\(Int.random(in: 0..<5, using: &generator))"
            if admission.enter(id, host: host) { running[id] = host } else { waiting[id] = host }
            check()
            while Int.random(in: 0..<2, using: &generator) == 0 {
                let from = Int.random(in: 0..<4, using: &generator) == 0 ? waiting : running
                guard let id = from.keys.sorted().randomElement(using: &generator) else { break }
                leave(id)
            }
        }
        while let id = running.keys.min() { leave(id) }
        #expect(waiting.isEmpty && admission.count == 0)
    }
}
