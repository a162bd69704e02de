import TestSupport
import Testing

@testable import Transport

@Suite struct WaitTableTests {
    private func after(_ milliseconds: Int) -> Duration { .milliseconds(milliseconds) }

    @Test func aKnownDescriptorIsModifiedInsteadOfAdded() {
        var table = WaitTable<String>()
        #expect(table.park("a", for: 5, token: table.makeToken(), until: after(10)) == .add)
        #expect(table.take(5, token: 1) == "a")
        #expect(table.park("b", for: 5, token: table.makeToken(), until: after(10)) == .modify)
        _ = table.forget(5)
        #expect(table.park("c", for: 5, token: table.makeToken(), until: after(10)) == .add)
    }

    @Test func anEventOfAnEarlierWaitIsDropped() {
        var table = WaitTable<String>()
        let old = table.makeToken()
        _ = table.park("old", for: 5, token: old, until: after(10))
        #expect(table.take(5, token: old) == "old")
        let new = table.makeToken()
        _ = table.park("new", for: 5, token: new, until: after(10))
        #expect(table.take(5, token: old) == nil)
        #expect(table.waiterCount == 1)
        #expect(table.take(5, token: new) == "new")
        #expect(table.waiterCount == 0)
    }

    @Test func aWaiterIsTakenOnce() {
        var table = WaitTable<String>()
        let token = table.makeToken()
        _ = table.park("a", for: 5, token: token, until: after(10))
        #expect(table.take(5, token: token) == "a")
        #expect(table.take(5, token: token) == nil)
        #expect(table.expire(at: after(20)).isEmpty)
    }

    @Test func onlyWhoIsDueExpires() {
        var table = WaitTable<String>()
        _ = table.park("late", for: 1, token: table.makeToken(), until: after(30))
        _ = table.park("early", for: 2, token: table.makeToken(), until: after(10))
        #expect(table.nextDeadline == after(10))
        #expect(table.expire(at: after(9)).isEmpty)
        #expect(table.expire(at: after(10)) == ["early"])
        #expect(table.expire(at: after(30)) == ["late"])
        #expect(table.nextDeadline == nil)
    }

    @Test func forgettingGivesTheWaiterBack() {
        var table = WaitTable<String>()
        _ = table.park("a", for: 5, token: table.makeToken(), until: after(10))
        let forgotten = table.forget(5)
        #expect(forgotten.isKnown)
        #expect(forgotten.waiter == "a")
        #expect(!table.forget(5).isKnown)
        #expect(table.waiterCount == 0)
    }

    @Test func aWaiterAtWorkIsStillWaiting() {
        var table = WaitTable<String>()
        let token = table.makeToken()
        _ = table.park("a", for: 5, token: token, until: after(10))
        #expect(table.beginStep(5, token: token) == "a")
        #expect(table.isWaiting(for: 5))
        #expect(table.waiterCount == 1)
        #expect(table.beginStep(5, token: token) == nil)
        #expect(table.endStep(5, token: token) == .goesOn)
        table.resumeWaiting("a", for: 5)
        // It keeps its deadline.
        #expect(table.expire(at: after(10)) == ["a"])
        #expect(table.waiterCount == 0)
    }

    @Test func aCancellationDuringWorkIsToldAtItsEnd() {
        var table = WaitTable<String>()
        let token = table.makeToken()
        _ = table.park("a", for: 5, token: token, until: after(10))
        #expect(table.beginStep(5, token: token) == "a")
        #expect(table.cancel(5, token: token) == nil)
        #expect(table.endStep(5, token: token) == .cancelled)
        #expect(table.waiterCount == 0)
        #expect(!table.isWaiting(for: 5))
    }

    @Test func forgettingDuringWorkIsToldAtItsEnd() {
        var table = WaitTable<String>()
        let token = table.makeToken()
        _ = table.park("a", for: 5, token: token, until: after(10))
        _ = table.beginStep(5, token: token)
        #expect(table.forget(5).waiter == nil)
        #expect(table.endStep(5, token: token) == .gone)
        #expect(table.waiterCount == 0)
    }

    @Test func aPausedWaiterIsLookedAtWhenThePauseIsOver() {
        var table = WaitTable<String>()
        let token = table.makeToken()
        _ = table.park("a", for: 5, token: token, until: after(50))
        _ = table.beginStep(5, token: token)
        _ = table.endStep(5, token: token)
        table.pause("a", for: 5, token: token, until: after(3))
        #expect(table.nextDeadline == after(3))
        #expect(table.endPauses(at: after(2)).isEmpty)
        let over = table.endPauses(at: after(3))
        #expect(over.map(\.descriptor) == [5])
        #expect(over.map(\.token) == [token])
        #expect(table.beginStep(5, token: token) == "a")
        #expect(table.nextDeadline == after(50))
    }

    @Test func aWaiterAtWorkKeepsItsDeadlineWhenOthersAreCleared() {
        var table = WaitTable<Int>()
        let token = table.makeToken()
        _ = table.park(-1, for: 1, token: token, until: after(5))
        _ = table.beginStep(1, token: token)
        for wait in 0..<500 {
            let other = table.makeToken()
            _ = table.park(wait, for: 2, token: other, until: after(1000 + wait))
            _ = table.take(2, token: other)
        }
        #expect(table.endStep(1, token: token) == .goesOn)
        table.resumeWaiting(-1, for: 1)
        #expect(table.expire(at: after(5)) == [-1])
    }

    @Test func deadlinesOfEndedWaitsDoNotPileUp() {
        var table = WaitTable<Int>()
        for wait in 0..<10_000 {
            let token = table.makeToken()
            _ = table.park(wait, for: 5, token: token, until: after(60_000 + wait))
            #expect(table.take(5, token: token) == wait)
        }
        _ = table.park(-1, for: 5, token: table.makeToken(), until: after(1))
        #expect(table.deadlineCount <= 128)
        #expect(table.expire(at: after(1)) == [-1])
    }

    @Test(arguments: [11, 12, 13] as [UInt64])
    func everyWaiterComesOutExactlyOnce(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var table = WaitTable<Int>()
        var waiting: [Int32: (token: UInt32, waiter: Int, deadline: Int)] = [:]
        var now = 0
        for step in 0..<5_000 {
            let descriptor = Int32.random(in: 0..<40, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0, 1:
                #expect(table.isWaiting(for: descriptor) == (waiting[descriptor] != nil))
                guard waiting[descriptor] == nil else { continue }
                let token = table.makeToken()
                let deadline = now + Int.random(in: 1...50, using: &generator)
                _ = table.park(step, for: descriptor, token: token, until: after(deadline))
                waiting[descriptor] = (token, step, deadline)
            case 2:
                let token = waiting[descriptor]?.token ?? 0
                #expect(table.take(descriptor, token: token) == waiting.removeValue(forKey: descriptor)?.waiter)
            case 3:
                #expect(table.forget(descriptor).waiter == waiting.removeValue(forKey: descriptor)?.waiter)
            default:
                now += Int.random(in: 0...5, using: &generator)
                let due = waiting.filter { $0.value.deadline <= now }
                for key in due.keys { waiting[key] = nil }
                #expect(Set(table.expire(at: after(now))) == Set(due.values.map(\.waiter)))
            }
            #expect(table.waiterCount == waiting.count)
        }
        #expect(Set(table.removeAll()) == Set(waiting.values.map(\.waiter)))
    }
}
