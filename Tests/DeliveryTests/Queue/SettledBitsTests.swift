import TestSupport
import Testing

@testable import Delivery

@Suite struct SettledBitsTests {
    @Test(arguments: [0, 1, 7, 8, 9, 63, 64, 65, 2_000]) func areReadAsTheyWereWritten(capacity: Int) {
        var random = SeededGenerator(seed: UInt64(capacity))
        var bits = SettledBits(capacity: capacity)
        var expected: Set<Int> = []
        for place in 0..<capacity where Bool.random(using: &random) {
            let isNew = bits.insert(place)
            #expect(isNew)
            expected.insert(place)
        }
        #expect(bits.bytes.count == (capacity + 7) / 8)
        let read = SettledBits(capacity: capacity, bytes: bits.bytes)
        #expect(read == bits)
        #expect(read?.count == expected.count)
        #expect((0..<capacity).allSatisfy { read?.contains($0) == expected.contains($0) })
    }

    @Test func placesOutsideAreNeverThere() {
        var bits = SettledBits(capacity: 70)
        for place in [-1, 70, 71, 128, Int.min, Int.max] {
            let isNew = bits.insert(place)
            let wasThere = bits.remove(place)
            #expect(!isNew && !wasThere)
            #expect(!bits.contains(place))
        }
        #expect(bits.count == 0)
    }

    @Test func otherBytesAreRefused() {
        #expect(SettledBits(capacity: 9, bytes: [0xff]) == nil)
        #expect(SettledBits(capacity: 9, bytes: [0xff, 0x02]) == nil)
        #expect(SettledBits(capacity: 9, bytes: [0xff, 0x01])?.isFull == true)
        #expect(SettledBits(capacity: 9, bytes: [0xff, 0x01, 0]) == nil)
        #expect(SettledBits(capacity: -1, bytes: []) == nil)
    }

    @Test func countsEachPlaceOnce() {
        var bits = SettledBits(capacity: 3)
        let added = (bits.insert(1), bits.insert(1))
        #expect(added == (true, false))
        #expect(bits.count == 1)
        let removed = (bits.remove(1), bits.remove(1))
        #expect(removed == (true, false))
        #expect(bits.count == 0)
    }
}
