import Exposition

/// What a collection came to, encoded.
struct CollectionOutcome: Sendable {
    /// One part of a batch.
    struct Part: Sendable {
        var name: String
        /// Sorted by name; empty if the part failed.
        var families: [EncodedFamily] = []
        var error: String?
    }

    enum Result: Sendable {
        /// It returned in time.
        case returned([Part], serviceAnswered: Bool?)
        /// It threw or took too long.
        case failed(String)
    }

    var result: Result
    /// The labels of the service that are in every line.
    var labels: LabelSet
    var duration: Duration
    /// When it ended, by the clock that does not jump.
    var end: Duration
    /// When it ended, since 1970.
    var wallEnd: Duration
    var problems: [SampleProblem]

    init(
        _ result: Result,
        labels: LabelSet = [:],
        duration: Duration,
        end: Duration,
        wallEnd: Duration,
        problems: [SampleProblem] = []
    ) {
        self.result = result
        self.labels = labels
        self.duration = duration
        self.end = end
        self.wallEnd = wallEnd
        self.problems = problems
    }

    /// Why it failed; nil if it returned.
    var failure: String? {
        if case .failed(let message) = result { message } else { nil }
    }

    /// Whether it returned, but parts of it failed.
    var isPartial: Bool {
        if case .returned(let parts, _) = result { parts.contains { $0.error != nil } } else { false }
    }
}

/// Texts from outside, cut to a length that can be kept for thousands of services.
enum BoundedText {
    static let limit = 1_000

    static func text(_ text: String) -> String {
        guard text.utf8.count > limit else { return text }
        var cut = ""
        for character in text.unicodeScalars {
            guard cut.utf8.count + UTF8.width(character) <= limit - 3 else { break }
            cut.unicodeScalars.append(character)
        }
        return cut + "..."
    }

    static func text(of error: any Error) -> String {
        text(String(describing: error))
    }
}
