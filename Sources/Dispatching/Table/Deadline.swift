/// Something to look at when its time has come; what it means then is decided then, so a deadline that was overtaken
/// by events does no harm.
struct Deadline: Comparable, Sendable {
    enum Subject: Hashable, Sendable {
        /// An attempt to register.
        case entry(Int)
        /// The end of an absent service's grace, by source.
        case grace(Int)
        /// The end of a hold, by source.
        case hold(Int)
        /// The age at which a source's list is dropped.
        case stale(Int)
    }

    var time: Duration
    var subject: Subject

    static func < (lhs: Deadline, rhs: Deadline) -> Bool { lhs.time < rhs.time }
}
