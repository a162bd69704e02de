/// A value that must not be seen: it redacts itself wherever it is printed, logged, dumped or interpolated.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: String

    /// Wraps a value.
    public init(_ value: String) {
        self.value = value
    }

    /// The value itself. Call it only where it is handed to the library that needs it.
    public func reveal() -> String { value }

    /// Always `<secret>`.
    public var description: String { "<secret>" }

    /// Always `<secret>`.
    public var debugDescription: String { "<secret>" }

    /// Shows no children, so that `dump` cannot leak the value.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
