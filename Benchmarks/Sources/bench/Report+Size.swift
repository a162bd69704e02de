extension Report {
    /// Prints how large something is.
    ///
    /// - Parameters:
    ///   - title: What was measured.
    ///   - amount: How large it is.
    ///   - unit: What the amount counts.
    static func size(_ title: String, _ amount: Double, _ unit: String) {
        let number = "\(Int(amount.rounded()))"
        let gap = String(repeating: " ", count: max(1, 60 - title.count - number.count))
        print("\(title)\(gap)\(number)                          \(unit)")
    }
}
