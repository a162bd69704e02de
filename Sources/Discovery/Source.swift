/// A place that services are discovered from. Whoever writes one promises the following; the dispatcher relies on it.
///
/// - **A result is whole.** `services()` returns everything that exists now. What is missing from it is taken to be
///   gone and is let go, at once or after the dispatcher's safeguards. A half-answer must therefore be an error:
///   stale is better than partial.
/// - **An error changes nothing.** When `services()` throws, the dispatcher keeps the last list, counts, logs and shows
///   the error, and asks again on the next poll. Do not retry inside.
/// - **An empty result is a statement**: nothing exists. Throw instead if you cannot know.
/// - **One bad entry costs that entry.** Leave it out and say why in ``SourceListing/problems``.
/// - **A part that fails alone** (one file of many) keeps its own last list inside the source, with a problem that says
///   so. If nothing of it is known at all, throw, or leave the part out with a problem.
/// - **Deadlines are the caller's.** The dispatcher cancels a poll that takes too long. A source must return soon after
///   it has been cancelled, even if something below it hangs; it throws `CancellationError` then.
/// - **Calls of `services()` do not overlap** for one source; `changes()` may be consumed meanwhile.
/// - **Order does not matter**, but a stable order, and the same values for services that did not change, make polls
///   cheap: whoever receives the list compares it with the last one.
public protocol Source: Sendable {
    /// What the source is called in configuration, logs and metrics; unique.
    var name: String { get }

    /// Everything that exists now.
    ///
    /// - Throws: What went wrong, as a ``SourceError`` if possible; `CancellationError` after a cancellation.
    func services() async throws -> SourceListing

    /// Hints that something may have changed, so that the next poll should come now.
    ///
    /// A hint is only that: it may be wrong, several changes may give one, and some changes may give none, because the
    /// regular polls go on. Changes after the return of this call give hints. The stream holds its resources until it
    /// is cancelled or dropped, and releases all of them then; if it ends by itself, polls go on without hints.
    func changes() -> AsyncStream<Void>
}

extension Source {
    /// A stream that never gives a hint.
    public func changes() -> AsyncStream<Void> { AsyncStream { _ in } }
}
