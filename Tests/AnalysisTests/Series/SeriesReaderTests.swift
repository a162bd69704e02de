import Analysis
import Testing

@Suite("Samples for a detector")
struct SeriesReaderTests {
    @Test("Raw values pass")
    func raw() {
        var reader = SeriesReader(.raw)
        #expect(reader.value(3, at: 0) == 3)
        #expect(reader.value(2, at: 1000) == 2)
        #expect(reader.value(.infinity, at: 2000) == .infinity)
        #expect(reader.value(.nan, at: 3000)?.isNaN == true)
    }

    @Test("A counter becomes its growth per second")
    func rate() {
        var reader = SeriesReader(.rate)
        #expect(reader.value(100, at: 0) == nil)
        #expect(reader.value(130, at: 15_000) == 2)
        #expect(reader.value(130, at: 30_000) == 0)
        #expect(reader.value(160, at: 60_000) == 1)
    }

    @Test("A counter that fell was restarted: that sample gives nothing, the next one does")
    func reset() {
        var reader = SeriesReader(.rate)
        _ = reader.value(1000, at: 0)
        #expect(reader.value(5, at: 1000) == nil)
        #expect(reader.resetCount == 1)
        #expect(reader.value(9, at: 2000) == 4)
    }

    @Test("A delta may be negative")
    func delta() {
        var reader = SeriesReader(.delta)
        #expect(reader.value(7, at: 0) == nil)
        #expect(reader.value(4, at: 1000) == -3)
        #expect(reader.resetCount == 0)
    }

    @Test("A sample that is not newer is dropped and changes nothing")
    func order() {
        var reader = SeriesReader(.rate)
        _ = reader.value(0, at: 10_000)
        #expect(reader.value(50, at: 10_000) == nil)
        #expect(reader.value(50, at: 5000) == nil)
        #expect(reader.value(20, at: 12_000) == 10)
    }

    @Test("Across NaN, infinity and long gaps nothing is compared")
    func gaps() {
        var reader = SeriesReader(.rate, longestGap: 60_000)
        _ = reader.value(0, at: 0)
        #expect(reader.value(.nan, at: 1000)?.isNaN == true)
        #expect(reader.value(10, at: 2000) == nil)
        #expect(reader.value(12, at: 3000) == 2)
        #expect(reader.value(.infinity, at: 4000) == nil)
        #expect(reader.value(14, at: 5000) == nil)
        #expect(reader.value(20, at: 65_001) == nil)
        #expect(reader.value(21, at: 66_001) == 1)
    }

    @Test("Times at the edges trap nothing")
    func edges() {
        var reader = SeriesReader(.rate, longestGap: .max)
        _ = reader.value(0, at: .min)
        #expect(reader.value(1, at: .max) == nil)
        #expect(reader.value(.greatestFiniteMagnitude, at: .max) == nil)
        var delta = SeriesReader(.delta)
        _ = delta.value(-.greatestFiniteMagnitude, at: 0)
        #expect(delta.value(.greatestFiniteMagnitude, at: 1) == .infinity)
    }

    @Test("A counter with restarts is watched without a false alarm, and its surge is found")
    func watched() throws {
        var draws = Draws(seed: 12)
        var reader = SeriesReader(.rate)
        var detector = try SpotDetector()
        var counter = 0.0
        var alarms: [Int] = []
        for index in 0..<6000 {
            counter += 100 + 10 * draws.gaussian() + (index == 5500 ? 5000 : 0)
            if index % 1000 == 999 { counter = 0 }
            guard let rate = reader.value(counter, at: Int64(index) * 15_000) else { continue }
            if detector.step(rate).isAlarm { alarms.append(index) }
        }
        #expect(reader.resetCount == 6)
        #expect(alarms.contains(5500))
        #expect(alarms.count <= 3)
    }
}
