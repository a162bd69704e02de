/// Walks over a short text of digits and separators.
struct DigitScanner {
    private let text: UnsafeBufferPointer<UInt8>
    private var index = 0

    init(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = text
    }

    var isAtEnd: Bool { index == text.count }
    var next: UInt8? { isAtEnd ? nil : text[index] }

    /// Skips a text if it stands here.
    mutating func skip(_ expected: StaticString) -> Bool {
        let count = expected.utf8CodeUnitCount
        guard text.count - index >= count else { return false }
        for offset in 0..<count where text[index + offset] != expected.utf8Start[offset] { return false }
        index += count
        return true
    }

    /// A number of so many digits, at most 15.
    mutating func number(digits: ClosedRange<Int>) -> Int? {
        var value = 0
        var count = 0
        while count < min(digits.upperBound, 15), let digit {
            value = value * 10 + digit
            count += 1
            index += 1
        }
        return count >= digits.lowerBound ? value : nil
    }

    /// The digits behind a point, as a part of 1.
    mutating func fraction() -> Double? {
        var value = 0.0
        var scale = 0.1
        guard digit != nil else { return nil }
        while let digit {
            value += Double(digit) * scale
            scale /= 10
            index += 1
        }
        return value
    }

    mutating func advance() {
        if !isAtEnd { index += 1 }
    }

    private var digit: Int? {
        guard let next, next >= 0x30, next <= 0x39 else { return nil }
        return Int(next - 0x30)
    }
}
