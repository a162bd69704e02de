/// What a ``Schedule`` is told, what it answers, and what it is made of.
extension Schedule {
    /// When a collector is run.
    struct Plan: Equatable {
        var interval: Int64
        var timeout: Int64
    }

    /// One collection.
    struct Run: Hashable, Sendable {
        var number: UInt64
        var exporter: ExporterID
        /// The collector's place among those of its exporter.
        var collector: Int
        /// Where the schedule finds the collector.
        var slot: Int
    }

    /// What is to be done, in this order.
    enum Action: Hashable {
        /// Begin a collection.
        case start(Run)
        /// Cancel a collection whose exporter is being stopped.
        case cancel(Run)
        /// Cancel a collection that has passed its deadline; it counts as failed.
        case expire(Run)
        /// Say that a cancelled collection has not come back.
        case hang(Run)
        /// An exporter's collections have ended, or were waited for long enough.
        case stopped(ExporterID)
    }

    /// How many collections there are of which kind.
    struct Counts: Equatable {
        var exporters = 0
        var collectors = 0
        var running = 0
        var queued = 0
        var hung = 0
    }

    enum Phase: Equatable {
        case idle, waiting, queued
        case running(UInt64), publishing(UInt64), announcing(UInt64), expired(UInt64), hung(UInt64)

        /// The number of the run that is out.
        var run: UInt64? {
            switch self {
            case .idle, .waiting, .queued: nil
            case .running(let run), .publishing(let run), .announcing(let run), .expired(let run), .hung(let run): run
            }
        }

        /// Whether it takes one of the places that are limited.
        var takesPlace: Bool {
            switch self {
            case .running, .publishing: true
            default: false
            }
        }

        /// Whether one event of the heap is meant for it.
        var hasEvent: Bool {
            switch self {
            case .idle, .running, .expired: true
            default: false
            }
        }
    }

    struct Collector {
        let exporter: Int
        let index: Int
        let plan: Plan
        let offset: Int64
        var phase = Phase.idle
        /// Of the heap's events and the queues' entries for the collector only the one with this token counts.
        var token: UInt64 = 0
        var wantedSince: Int64
        /// Whether to collect again when the run that is out has ended.
        var isWantedAgain = false
        /// Whether its last run passed its deadline.
        var isSuspect = false
    }

    struct Exporter {
        let id: ExporterID
        let slots: Range<Int>
        let isExclusive: Bool
        /// The collector that an exclusive exporter has queued or running.
        var occupant: Int?
        var waiting = Fifo<Int>()
        var isStopping = false
        /// While stopping: how many runs are out.
        var runsOut = 0
        var token: UInt64 = 0
    }

    struct Event: Comparable {
        var at: Int64
        var token: UInt64
        /// A slot, or the handle of an exporter that is stopping.
        var subject: Int
        var isExporter: Bool

        static func < (lhs: Event, rhs: Event) -> Bool { (lhs.at, lhs.token) < (rhs.at, rhs.token) }
    }

    struct Entry {
        var slot: Int
        var token: UInt64
    }
}
