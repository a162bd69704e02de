/// Something about a queue that its owner should log.
public enum QueueEvent: Sendable, Hashable {
    /// The database was damaged. It is at `aside` now, with what was in it, and a new one was begun.
    case replaced(file: String, aside: String, reason: String)
    /// Samples that were not what had been written were dropped and counted.
    case corruptSamples(time: Int64, count: Int, reason: String)
    /// News of an alert that was not what had been written was dropped and counted.
    case corruptAlert(time: Int64, reason: String)
    /// The database did not hold what its counters said. The difference is counted: as dropped if records were missing,
    /// as added if there were more.
    case recounted(missing: Int, surplus: Int)
    /// The disk is full: nothing is taken until there is space again.
    case diskFull(reason: String)
    /// There is space again.
    case diskHasSpace
    /// The dead letters have reached their bound: the older half, of this many records, is gone.
    case discardedDeadLetters(count: Int)
}
