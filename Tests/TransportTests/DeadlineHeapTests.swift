import TestSupport
import Testing

@testable import Transport

@Suite struct DeadlineHeapTests {
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func entriesComeOutInOrderWhateverOrderTheyCameIn(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var heap = DeadlineHeap<Int>()
        var expected: [Int] = []
        for _ in 0..<500 {
            let offset = Int.random(in: 0..<1000, using: &generator)
            heap.push(offset, at: .milliseconds(offset))
            expected.append(offset)
        }
        var popped: [Int] = []
        while let entry = heap.popFirst() { popped.append(entry.id) }
        #expect(popped == expected.sorted())
    }

    @Test func compactingKeepsTheOrderOfTheRest() {
        var generator = SeededGenerator(seed: 7)
        var heap = DeadlineHeap<Int>()
        for offset in (0..<300).shuffled(using: &generator) {
            heap.push(offset, at: .milliseconds(offset))
        }
        heap.compact { $0.id.isMultiple(of: 3) }
        #expect(heap.count == 100)
        var popped: [Int] = []
        while let entry = heap.popFirst() { popped.append(entry.id) }
        #expect(popped == Array(stride(from: 0, to: 300, by: 3)))
    }

    @Test func anEmptyHeapHasNoFirst() {
        var heap = DeadlineHeap<Int>()
        heap.compact { _ in true }
        #expect(heap.first == nil)
        #expect(heap.popFirst() == nil)
    }
}
