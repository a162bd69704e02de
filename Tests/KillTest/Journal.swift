import Delivery
import Foundation
import Synchronization
import TestSupport

/// What the programs that were killed have said, one after the other.
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

    /// What a queue says has become of its records.
    struct Counts {
        var module: String
        var kind: String
        var added: Int
        var delivered: Int
        var rejected: Int
        var dropped: Int
        var backlog: Int

        init(module: String, kind: String, _ status: RecordStatus) {
            self.module = module
            self.kind = kind
            added = status.counts.added
            delivered = status.counts.delivered
            rejected = status.counts.rejected
            dropped = status.counts.dropped.total
            backlog = status.counts.backlog
        }

        init?(_ words: [Substring]) {
            let numbers = words.dropFirst(3).compactMap { Int($0) }
            guard words.first == "counts", numbers.count == 5 else { return nil }
            (module, kind) = (String(words[1]), String(words[2]))
            (added, delivered, rejected) = (numbers[0], numbers[1], numbers[2])
            (dropped, backlog) = (numbers[3], numbers[4])
        }

        var line: String { "counts \(module) \(kind) \(added) \(delivered) \(rejected) \(dropped) \(backlog)" }
    }

    /// What was given, whether or not it came to the queues.
    private(set) var given: Set<Int> = []
    /// What is in the queues for sure.
    private(set) var had: Set<Int> = []
    private(set) var alertsGiven: Set<Int> = []
    private(set) var alertsHad: Set<Int> = []
    private(set) var counts: [Counts] = []
    /// How often a program has opened its queues.
    private(set) var opened = 0
    /// The number that comes after all that were given.
    private(set) var next = 1

    init(_ path: String) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if let counts = Counts(words) {
                self.counts.append(counts)
            } else if words.first == "open" {
                opened += 1
            } else if words.count >= 3, let first = Int(words[1]), let last = Int(words[2]), first <= last {
                let isAlert = words.last == "alert"
                if words[0] == "give" {
                    given.formUnion(first...last)
                    if isAlert { alertsGiven.insert(first) }
                    next = max(next, last + 1)
                } else if words[0] == "have" {
                    had.formUnion(first...last)
                    if isAlert { alertsHad.insert(first) }
                }
            }
        }
    }
}
