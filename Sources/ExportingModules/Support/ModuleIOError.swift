import Glibc

/// A module could not open, write or close what it writes to.
public struct ModuleIOError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was tried, such as `open`.
    public var operation: String
    /// What it was tried on: a path, or `standard output`.
    public var target: String
    /// The number of the system's error; 0 if it was not the system that refused.
    public var code: Int32
    /// What went wrong, for a person.
    public var message: String

    /// Creates an error.
    public init(operation: String, target: String, code: Int32 = 0, message: String) {
        self.operation = operation
        self.target = target
        self.code = code
        self.message = message
    }

    init(operation: String, target: String, errno code: Int32) {
        self.init(operation: operation, target: target, code: code, message: Self.text(code))
    }

    /// One line for a person.
    public var description: String { "\(operation) \(target): \(message)" }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
