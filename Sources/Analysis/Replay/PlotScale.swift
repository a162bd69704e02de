import Glibc

/// Numbers on one axis of a plot.
struct PlotScale: Sendable, Hashable {
    /// A number that is written at the axis.
    struct Tick: Sendable, Hashable {
        var value: Double
        var text: String
    }

    let low: Double
    let high: Double
    /// Where the ends are, in pixels.
    let start: Double
    let end: Double

    /// Creates a scale; where both ends are one number, a little room is left around it.
    init(low: Double, high: Double, start: Double, end: Double) {
        var (low, high) = (min(low, high), max(low, high))
        if !(high - low > abs(high) * 1e-12) {
            let room = max(abs(high) * 0.1, 1e-300)
            low -= high == 0 ? 1 : room
            high += high == 0 ? 1 : room
        }
        self.low = low
        self.high = high
        self.start = start
        self.end = end
    }

    /// Where a number is, in pixels.
    func place(_ value: Double) -> Double {
        let share = (value - low) / (high - low)
        return start + (end - start) * min(max(share, -0.01), 1.01)
    }

    /// Round numbers within the scale, about so many.
    func ticks(about count: Int) -> [Tick] {
        let raw = (high - low) / Double(max(1, count))
        guard raw > 0, raw.isFinite else { return [] }
        var exponent = Int(floor(log10(raw)))
        let lead = raw / pow(10, Double(exponent))
        var factor = lead <= 1.000001 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10
        if factor == 10 {
            factor = 1
            exponent += 1
        }
        let step = Double(factor) * pow(10, Double(exponent))
        guard step > 0, step.isFinite else { return [] }
        let first = (low / step).rounded(.up)
        let last = (high / step).rounded(.down)
        // Where the steps are beyond the precision of numbers there is nothing to write.
        guard abs(first) < 1e15, abs(last) < 1e15, first <= last, last - first < 1000 else { return [] }
        return stride(from: first, through: last, by: 1).map { number in
            Tick(value: number * step, text: Self.text(Int(number) * factor, exponent))
        }
    }

    /// A whole number times a power of ten.
    static func text(_ number: Int, _ exponent: Int) -> String {
        guard number != 0 else { return "0" }
        let sign = number < 0 ? "-" : ""
        var digits = String(number.magnitude)
        var exponent = exponent
        while digits.hasSuffix("0") {
            digits.removeLast()
            exponent += 1
        }
        let magnitude = digits.count - 1 + exponent
        guard (-5...9).contains(magnitude) else {
            let rest = digits.dropFirst()
            return "\(sign)\(digits.prefix(1))\(rest.isEmpty ? "" : "." + rest)e\(magnitude)"
        }
        if exponent >= 0 { return sign + digits + String(repeating: "0", count: exponent) }
        let point = digits.count + exponent
        if point > 0 { return sign + digits.prefix(point) + "." + digits.dropFirst(point) }
        return sign + "0." + String(repeating: "0", count: -point) + digits
    }
}

/// Times on the axis of a plot.
struct PlotTimeScale: Sendable, Hashable {
    let scale: PlotScale
    /// Whether times are dates; if not, they are numbers of rows.
    let isDate: Bool
    /// Per row, how many milliseconds.
    let interval: Int64

    private static let second: Int64 = 1000
    private static let steps: [Int64] = {
        let minute = 60 * second
        let hour = 60 * minute
        let day = 24 * hour
        return [second, 5 * second, 15 * second, 30 * second, minute, 5 * minute, 15 * minute, 30 * minute]
            + [hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day, 14 * day, 28 * day, 91 * day, 364 * day]
    }()

    /// Round times within the scale, about so many.
    func ticks(about count: Int) -> [PlotScale.Tick] {
        guard isDate else {
            let rows = Double(max(1, interval))
            let plain = PlotScale(low: scale.low / rows, high: scale.high / rows, start: 0, end: 1)
            return plain.ticks(about: count).map { PlotScale.Tick(value: $0.value * rows, text: $0.text) }
        }
        let raw = (scale.high - scale.low) / Double(max(1, count))
        let years = Self.steps[Self.steps.count - 1] * max(1, Int64(clamping: Int(min(raw / 3.2e10, 1e4))))
        let step = Self.steps.first { Double($0) >= raw } ?? years
        var time = Int64((scale.low / Double(step)).rounded(.up)) * step
        var ticks: [PlotScale.Tick] = []
        while Double(time) <= scale.high, ticks.count < 100 {
            ticks.append(PlotScale.Tick(value: Double(time), text: Self.text(time, step: step)))
            time += step
        }
        return ticks
    }

    private static func text(_ time: Int64, step: Int64) -> String {
        let text = TimeText.iso8601(time)
        let date = text.prefix(10)
        let clock = text.dropFirst(11)
        if step >= 86_400_000 { return String(date) }
        let isMidnight = time % 86_400_000 == 0
        return isMidnight ? String(date) : String(clock.prefix(step < 60_000 ? 8 : 5))
    }
}
