/// A server's version, as far as conditions can ask for it.
public struct ServerVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The first number.
    public var major: Int
    /// The second number.
    public var minor: Int
    /// The third number.
    public var patch: Int

    /// Creates a version.
    public init(_ major: Int, _ minor: Int = 0, _ patch: Int = 0) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// Reads the numbers that a text begins with: `14.5 (Debian 14.5-1)`, `3.40.1`, `17beta1`.
    ///
    /// - Returns: Nil if the text does not begin with a number.
    public init?(_ text: String) {
        guard let (version, _) = Self.prefix(of: text.utf8[...]) else { return nil }
        self = version
    }

    /// By the numbers, from the first to the last.
    public static func < (lhs: ServerVersion, rhs: ServerVersion) -> Bool {
        (lhs.major, lhs.minor, lhs.patch) < (rhs.major, rhs.minor, rhs.patch)
    }

    /// `14.5.0`.
    public var description: String { "\(major).\(minor).\(patch)" }

    /// The first one, two or three numbers.
    func numbers(_ count: Int) -> [Int] { Array([major, minor, patch].prefix(count)) }

    /// Reads up to three numbers with points between them, and tells how many there were.
    static func prefix(of text: Substring.UTF8View) -> (version: ServerVersion, rest: (numbers: Int, length: Int))? {
        var numbers: [Int] = []
        var rest = text
        while numbers.count < 3 {
            let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
            guard digits.count <= 9, let number = Int(String(Substring(digits))) else { break }
            numbers.append(number)
            rest = rest.dropFirst(digits.count)
            let next = rest.dropFirst()
            guard numbers.count < 3, rest.first == UInt8(ascii: "."), let digit = next.first,
                digit >= 0x30, digit <= 0x39
            else { break }
            rest = next
        }
        guard let major = numbers.first else { return nil }
        let version = ServerVersion(
            major,
            numbers.count > 1 ? numbers[1] : 0,
            numbers.count > 2 ? numbers[2] : 0
        )
        return (version, (numbers.count, text.count - rest.count))
    }
}
