import Testing

@testable import Analysis

@Suite("The moving mean")
struct DriftWindowTests {
    @Test("It is the mean of the last values to the last digit", arguments: [1, 2, 7, 50])
    func mean(depth: Int) {
        var draws = Draws(seed: 3)
        var window = DriftWindow(depth: depth)
        var values: [Double] = []
        for _ in 0..<2000 {
            // Whole numbers, so that the sum below is exact.
            let value = (draws.gaussian() * 1e9).rounded() + 1e12
            values.append(value)
            window.append(value)
            guard values.count >= depth else {
                #expect(!window.isFull)
                continue
            }
            let exact = values.suffix(depth).reduce(0, +) / Double(depth)
            #expect(abs(window.mean - exact) <= exact.ulp)
        }
    }

    @Test("The mean of equal values is that value", arguments: [0.1, 1.0 / 3, 42, 1e17 / 7, -3e-12])
    func constant(value: Double) {
        for depth in [3, 10, 49, 50, 333] {
            var window = DriftWindow(depth: depth)
            for _ in 0..<(3 * depth) { window.append(value) }
            #expect(window.mean == value, "\(depth)")
        }
    }

    @Test("A huge value that has left the window leaves nothing behind")
    func forgets() {
        var window = DriftWindow(depth: 10)
        var other = window
        for index in 0..<40 {
            window.append(index == 13 ? 1e300 : Double(index) * 0.1)
            other.append(Double(index) * 0.1)
        }
        #expect(window.mean == other.mean)
    }

    @Test("Without depth the mean is 0")
    func noDepth() {
        var window = DriftWindow(depth: 0)
        window.append(7)
        #expect(window.isFull)
        #expect(window.mean == 0)
    }
}
