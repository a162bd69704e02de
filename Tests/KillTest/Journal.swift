import Foundation
import TestSupport

/// What the agents that were killed have said, one after the other.
struct Journal {
    /// Writes lines that survive the process.
    final class Writer: Sendable {
        private let descriptor: Int32

        init(_ path: String) throws {
            descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else {
                throw TestSupportError("cannot open \(path): \(String(cString: strerror(errno)))")
            }
        }

        func write(_ line: String) {
            let bytes = Array((line + "\n").utf8)
            _ = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        }
    }

    /// What was given, whether or not it came to the queues.
    private(set) var given: Set<Int> = []
    /// What is in the queues of the modules that hold collections back for sure.
    private(set) var had: Set<Int> = []
    /// The number that comes after all that were given.
    private(set) var next = 1

    init(_ path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 3, let first = Int(words[1]), let last = Int(words[2]), first <= last else { continue }
            if words[0] == "give" {
                given.formUnion(first...last)
                next = max(next, last + 1)
            } else if words[0] == "have" {
                had.formUnion(first...last)
            }
        }
    }
}
