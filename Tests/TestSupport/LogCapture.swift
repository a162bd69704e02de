public import Logging
import Synchronization

/// Keeps what is logged, for tests to look at.
public final class LogCapture: Sendable {
    /// One line.
    public struct Line: Sendable {
        /// The level.
        public var level: Logger.Level
        /// The message.
        public var message: String
        /// What was said beside it, the logger's own included.
        public var metadata: [String: String]

        /// Everything in the line as one text.
        public var text: String {
            "\(level) \(message) "
                + metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        }
    }

    private let kept = Mutex<[Line]>([])

    /// Nothing was logged.
    public init() {}

    /// What was logged so far.
    public var lines: [Line] { kept.withLock { $0 } }

    /// What was logged so far as one text.
    public var text: String { lines.map(\.text).joined(separator: "\n") }

    /// A logger that logs here, everything from `trace` on.
    public var logger: Logger {
        Logger(label: "test") { _ in Handler(capture: self) }
    }

    /// The lines with a message.
    public func lines(_ message: String) -> [Line] { lines.filter { $0.message == message } }

    private struct Handler: LogHandler {
        let capture: LogCapture
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
            capture.kept.withLock {
                $0.append(Line(level: event.level, message: event.message.description, metadata: all))
            }
        }
    }
}
