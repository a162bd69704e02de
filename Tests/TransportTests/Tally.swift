import Synchronization

/// Counts from several tasks and threads.
final class Tally: Sendable {
    private let number = Atomic(0)

    var count: Int { number.load(ordering: .acquiring) }

    @discardableResult
    func add() -> Int { number.add(1, ordering: .acquiringAndReleasing).newValue }
}
