import ExporterKinds
import ExporterKit
import Exposition
import Settings
import Synchronization

/// The kind of exporter `numbered`, which only this test has: every sample has a number of its own, and what is about to be
/// given stands in a journal before.
final class NumberedKind: ExporterKind {
    /// How many series of an exporter are watched by detectors.
    static let levels = 3
    /// What a watched series jumps up by now and then. Its remainder is the number.
    static let jump = 1_000_000_000

    let name = "numbered"
    private let journal: Journal.Writer
    private let isQuiet: Bool
    private let next: Mutex<Int>

    /// - Parameters:
    ///   - first: The first number.
    ///   - isQuiet: Whether nothing is given.
    init(journal: Journal.Writer, first: Int, isQuiet: Bool) {
        self.journal = journal
        self.isQuiet = isQuiet
        next = Mutex(first)
    }

    func check(_ settings: SettingsNode, directory: String, acceptsTemplates: Bool, problems: ProblemList) {}

    func makeExporter(_ context: ExporterContext) throws -> any Exporter {
        BaseExporter(collectors: [NumberedCollector(kind: self)])
    }

    /// The numbers of one collection; nil if nothing is given.
    fileprivate func take() -> Range<Int>? {
        if isQuiet { return nil }
        return next.withLock { next in
            let numbers = next..<next + Self.levels + Int.random(in: 1...60)
            next = numbers.upperBound
            journal.write("give \(numbers.lowerBound) \(numbers.upperBound - 1)")
            return numbers
        }
    }

    fileprivate func noteHad(_ numbers: Range<Int>) {
        journal.write("have \(numbers.lowerBound) \(numbers.upperBound - 1)")
    }
}

/// Gives the next numbers with every collection.
private final class NumberedCollector: MetricCollector {
    let name = "numbers"
    /// Longer than this test: a collection that was journaled must not be given up.
    let timeout: Duration? = .seconds(600)
    private let kind: NumberedKind
    private let last = Mutex<Range<Int>?>(nil)

    init(kind: NumberedKind) { self.kind = kind }

    func collect(into batch: inout MetricBatch) async throws {
        // The next collection begins only when the modules that hold collections back have the last one in their queues.
        if let had = last.withLock({ $0.take() }) { kind.noteHad(had) }
        guard let numbers = kind.take() else { return }
        for (index, number) in numbers.enumerated() {
            if index < NumberedKind.levels {
                let jump = Int.random(in: 0..<25) == 0 ? NumberedKind.jump : 0
                batch.gauge("level", "What is watched.", Double(number + jump), labels: ["k": "\(index)"])
            } else {
                let labels: LabelSet = ["n": "\(number)", "text": "line\nand \"quote\" \(number % 7)"]
                batch.gauge("number", "What is counted.", Double(number), labels: labels)
            }
        }
        last.withLock { $0 = numbers }
    }
}
