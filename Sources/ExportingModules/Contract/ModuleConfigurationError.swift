/// A configuration of a module that cannot be used; carries every problem that was found.
public struct ModuleConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong with one parameter.
    public struct Problem: Sendable, Hashable, CustomStringConvertible {
        /// The full name of the parameter.
        public var parameter: String
        /// What is wrong, and what was expected.
        public var message: String

        /// Creates a problem.
        public init(parameter: String, message: String) {
            self.parameter = parameter
            self.message = message
        }

        /// One line for a person.
        public var description: String { "\(parameter): \(message)" }
    }

    /// The problems, never empty.
    public var problems: [Problem]

    /// Creates an error.
    public init(problems: [Problem]) {
        self.problems = problems
    }

    /// Creates an error from one problem.
    public init(_ parameter: String, _ message: String) {
        problems = [Problem(parameter: parameter, message: message)]
    }

    /// One problem per line.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
