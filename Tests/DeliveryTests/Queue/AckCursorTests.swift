import TestSupport
import Testing

@testable import Delivery

@Suite struct AckCursorTests {
    private func cursor(_ counts: [Int]) -> AckCursor {
        var cursor = AckCursor()
        for (index, count) in counts.enumerated() {
            cursor.admit(chunk: Int64(index) + 1, settled: SettledBits(capacity: count))
        }
        return cursor
    }

    @Test func handsOutTheOldestAcrossChunks() {
        var cursor = cursor([3, 5])
        #expect(
            cursor.handOut(limit: 4) == [QueuePosition(chunk: 1, range: 0..<3), QueuePosition(chunk: 2, range: 0..<1)]
        )
        #expect(cursor.handOut(limit: 2) == [QueuePosition(chunk: 2, range: 1..<3)])
        #expect(cursor.handOut(limit: 9) == [QueuePosition(chunk: 2, range: 3..<5)])
        #expect(cursor.handOut(limit: 9).isEmpty)
    }

    /// The failure of a well-known queue: m0, m1 and m3 of four are accepted, and then m3 comes again and m4 never does.
    @Test func settlingEveryOtherSampleRepeatsAndSkipsNone() {
        var cursor = cursor([6])
        let first = cursor.handOut(limit: 4)
        let settlement = cursor.settle(first) { $0 == 2 ? .again : .delivered }
        #expect(settlement.delivered == 3)
        #expect(
            cursor.handOut(limit: 4) == [
                QueuePosition(chunk: 1, range: 2..<3), QueuePosition(chunk: 1, range: 4..<6),
            ]
        )
    }

    @Test func settlingTwiceIsSettlingOnce() {
        var cursor = cursor([4, 4])
        let first = cursor.handOut(limit: 2)
        #expect(cursor.settle(first) { _ in .delivered }.delivered == 2)
        #expect(cursor.settle(first) { _ in .delivered } == AckCursor.Settlement())
        #expect(cursor.settle([QueuePosition(chunk: 9, range: 0..<4)]) { _ in .delivered } == AckCursor.Settlement())
        #expect(cursor.available == 6)
    }

    @Test func aChunkIsFinishedWhenItsLastSampleIsSettled() {
        var cursor = cursor([2, 2])
        let first = cursor.handOut(limit: 3)
        let second = cursor.handOut(limit: 1)
        #expect(cursor.settle(second) { _ in .rejected }.rejected == [0])
        let settlement = cursor.settle(first) { _ in .delivered }
        #expect(settlement.changes == [.finished(chunk: 1), .finished(chunk: 2)])
        #expect(cursor.known.isEmpty)
    }

    @Test func aForgottenChunkCanNoLongerBeSettled() {
        var cursor = cursor([2, 2])
        let all = cursor.handOut(limit: 4)
        cursor.forget(chunk: 1)
        let settlement = cursor.settle(all) { _ in .delivered }
        #expect(settlement.delivered == 2)
        #expect(settlement.changes == [.finished(chunk: 2)])
    }

    @Test func chunksBehindTheFrontierAreNotAdmittedAgain() {
        var cursor = cursor([1])
        let only = cursor.handOut(limit: 1)
        #expect(cursor.settle(only) { _ in .delivered }.delivered == 1)
        cursor.admit(chunk: 1, settled: SettledBits(capacity: 1))
        #expect(cursor.handOut(limit: 1).isEmpty)
        cursor.forgetAll(upTo: 5)
        cursor.admit(chunk: 5, settled: SettledBits(capacity: 1))
        #expect(cursor.known.isEmpty)
    }

    /// Arbitrary acknowledgements over arbitrary chunks, with crashes, against a list of samples.
    @Test(arguments: 0..<60) func followsTheModel(seed: UInt64) {
        var model = CursorModel(seed: seed)
        for _ in 0..<400 { model.step() }
        model.finish()
    }
}

/// The plainest thing that does the same as the cursor with its rows: a list of samples.
private struct CursorModel {
    private enum Sample: Equatable {
        case waiting, handedOut, settled, dropped
    }

    private var random: SeededGenerator
    private var cursor = AckCursor()
    /// What the tables would hold.
    private var rows: [Int64: SettledBits] = [:]
    private var next: Int64 = 1
    private var model: [Int64: [Sample]] = [:]
    private var out: [[QueuePosition]] = []
    private var delivered = 0
    private var rejected = 0
    private var dropped = 0
    private var added = 0

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    mutating func step() {
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1: append()
        case 2, 3, 4: handOut(limit: Int.random(in: 1...40, using: &random))
        case 5, 6, 7, 8: settle()
        case 9: dropOldest()
        case 10: if Int.random(in: 0..<4, using: &random) == 0 { crash() }
        default: settleAgain()
        }
        check()
    }

    /// Settles everything: nothing is left, and nothing was lost.
    mutating func finish() {
        while !out.isEmpty { settle() }
        while true {
            handOut(limit: 100)
            guard let last = out.popLast() else { break }
            apply(cursor.settle(last) { _ in .delivered })
            for position in last { for place in position.range { model[position.chunk]?[place] = .settled } }
        }
        check()
        #expect(rows.isEmpty)
        #expect(added == delivered + rejected + dropped)
    }

    private mutating func append() {
        let count = Int.random(in: 1...70, using: &random)
        rows[next] = SettledBits(capacity: count)
        model[next] = Array(repeating: .waiting, count: count)
        next += 1
        added += count
    }

    private mutating func handOut(limit: Int) {
        for (number, bits) in rows.sorted(by: { $0.key < $1.key }) where number > cursor.frontier {
            if cursor.available >= limit { break }
            cursor.admit(chunk: number, settled: bits)
        }
        let expected = model.sorted { $0.key < $1.key }
            .flatMap { number, samples in
                samples.indices.filter { samples[$0] == .waiting }.map { (number, $0) }
            }
            .prefix(limit)
        let positions = cursor.handOut(limit: limit)
        let found = positions.flatMap { position in position.range.map { (position.chunk, $0) } }
        #expect(found.elementsEqual(expected, by: ==))
        for (number, place) in found { model[number]?[place] = .handedOut }
        if !positions.isEmpty { out.append(positions) }
    }

    private mutating func settle() {
        guard !out.isEmpty else { return }
        let positions = out.remove(at: Int.random(in: 0..<out.count, using: &random))
        let bias = Int.random(in: 0...2, using: &random)
        let count = positions.reduce(0) { $0 + $1.range.count }
        let fates = (0..<count).map { _ in
            [AckCursor.Fate.delivered, .rejected, .again][
                Bool.random(using: &random) ? bias : Int.random(in: 0...2, using: &random)
            ]
        }
        let settlement = cursor.settle(positions) { fates[$0] }
        var index = 0
        var wasDelivered = 0
        var wasRejected: [Int] = []
        for position in positions {
            for place in position.range {
                if model[position.chunk]?[place] == .handedOut {
                    switch fates[index] {
                    case .again: model[position.chunk]?[place] = .waiting
                    case .delivered:
                        model[position.chunk]?[place] = .settled
                        wasDelivered += 1
                    case .rejected:
                        model[position.chunk]?[place] = .settled
                        wasRejected.append(index)
                    }
                }
                index += 1
            }
        }
        #expect(settlement.delivered == wasDelivered)
        #expect(settlement.rejected == wasRejected)
        apply(settlement)
        done.append(positions)
    }

    private var done: [[QueuePosition]] = []

    /// What is not handed out cannot be settled, unless it was handed out once more.
    private mutating func settleAgain() {
        guard let positions = done.last,
            !positions.contains(where: { position in
                position.range.contains { model[position.chunk]?[$0] == .handedOut }
            })
        else { return }
        #expect(cursor.settle(positions) { _ in .delivered } == AckCursor.Settlement())
    }

    private mutating func apply(_ settlement: AckCursor.Settlement) {
        delivered += settlement.delivered
        rejected += settlement.rejected.count
        for change in settlement.changes {
            switch change {
            case .settled(let number, let bits): rows[number] = SettledBits(capacity: bits.capacity, bytes: bits.bytes)
            case .finished(let number): rows[number] = nil
            }
        }
    }

    private mutating func dropOldest() {
        guard let number = rows.keys.sorted().first(where: { !cursor.isHandedOut(chunk: $0) }), let bits = rows[number]
        else { return }
        #expect(model[number]?.contains(.handedOut) == false)
        rows[number] = nil
        cursor.forget(chunk: number)
        dropped += bits.capacity - bits.count
        model[number] = model[number]?.map { $0 == .waiting ? .dropped : $0 }
    }

    /// Only the rows survive: what was handed out is waiting again.
    private mutating func crash() {
        cursor = AckCursor()
        out = []
        done = []
        for number in model.keys { model[number] = model[number]?.map { $0 == .handedOut ? .waiting : $0 } }
    }

    private func check() {
        var backlog = 0
        for (number, samples) in model {
            let left = samples.count { $0 == .waiting || $0 == .handedOut }
            let inRow = rows[number].map { $0.capacity - $0.count } ?? 0
            #expect(left == inRow, "chunk \(number)")
            backlog += left
        }
        #expect(added == delivered + rejected + dropped + backlog)
    }
}
