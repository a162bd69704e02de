/// Why a SQLite database, or one query on it, gave nothing.
public struct SQLiteExporterError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, Sendable, Hashable {
            case unreachable = "unreachable"
            case query = "query"
            case timedOut = "timed out"
            case tooLarge = "too large"
            case busy = "busy"
            case closed = "closed"
        }

        private var value: Value

        /// The file is missing, is no database, cannot be read, or is locked.
        public static let unreachable = Code(value: .unreachable)
        /// The query is wrong, or its result is not what its metrics need.
        public static let query = Code(value: .query)
        /// The query was interrupted at its deadline.
        public static let timedOut = Code(value: .timedOut)
        /// The result has too many rows or bytes.
        public static let tooLarge = Code(value: .tooLarge)
        /// An earlier collection has not come back yet.
        public static let busy = Code(value: .busy)
        /// The exporter is closed.
        public static let closed = Code(value: .closed)

        /// The code in words.
        public var description: String { value.rawValue }
    }

    /// What kind of failure.
    public var code: Code
    /// What happened, naming the file or the query's place.
    public var message: String

    /// Creates an error.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
