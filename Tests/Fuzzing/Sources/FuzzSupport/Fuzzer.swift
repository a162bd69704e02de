import CLibFuzzer
import Glibc

/// Hands inputs that libFuzzer makes up to a test.
public enum Fuzzer {
    // Set once, before the only thread that reads it runs the first test.
    nonisolated(unsafe) private static var test: @Sendable ([UInt8]) -> Void = { _ in }

    /// Runs until the command line's limit is reached, or a test crashes.
    ///
    /// - Parameter test: Does something with an input. It crashes if anything is not as it should be.
    public static func run(_ test: @escaping @Sendable ([UInt8]) -> Void) -> Never {
        self.test = test
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        let status = LLVMFuzzerRunDriver(&count, &arguments) { start, count in
            Fuzzer.test(Array(UnsafeBufferPointer(start: start, count: count)))
            return 0
        }
        exit(status)
    }

    /// Crashes if a condition does not hold, so that the input is kept.
    public static func require(_ condition: Bool, _ message: @autoclosure () -> String) {
        if !condition {
            let text = Array("\nwrong: \(message())\n".utf8)
            write(STDERR_FILENO, text, text.count)
            abort()
        }
    }
}
