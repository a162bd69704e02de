public import ExportingModules

/// The samples of one collection.
public struct SampleBatch: Sendable, Hashable {
    /// When they were collected, in milliseconds since 1970.
    public var time: Int64
    /// The samples, in the order in which they were collected.
    public var samples: [Sample]

    /// Creates a collection.
    public init(time: Int64, samples: [Sample]) {
        self.time = time
        self.samples = samples
    }
}

/// Samples that a queue has handed out, oldest first.
public struct QueuedSamples: Sendable {
    /// When the newest of their collections was, in milliseconds since 1970.
    public let time: Int64
    /// The samples; at least one.
    public let samples: [Sample]
    /// Where they are in the queue, in the same order.
    let positions: [QueuePosition]

    init(time: Int64, samples: [Sample], positions: [QueuePosition]) {
        self.time = time
        self.samples = samples
        self.positions = positions
    }
}

/// Neighbours in one chunk of a queue.
struct QueuePosition: Sendable, Hashable {
    /// The chunk's number.
    var chunk: Int64
    /// The places in it.
    var range: Range<Int>
}

/// News of an alert that a queue has handed out.
public struct QueuedAlert: Sendable, Hashable {
    /// Its number in the queue; it is not given to any other.
    public let id: Int64
    /// When it was found out, in milliseconds since 1970.
    public let time: Int64
    /// The news.
    public let alert: Alert

    init(id: Int64, time: Int64, alert: Alert) {
        self.id = id
        self.time = time
        self.alert = alert
    }
}

/// What a queue has made of collections.
public struct AppendReport: Sendable, Hashable {
    /// How many of the collections were taken: kept or dropped. The others have to be appended again.
    public var takenCount: Int
    /// The samples of the collections that were taken.
    public var added: Int
    /// The samples that were dropped for want of space, old ones or new ones.
    public var dropped: Int
    /// Whether collections were not taken because the queue is full. Only with ``OverflowPolicy/block``.
    public var isFull: Bool

    /// Creates a report.
    public init(takenCount: Int = 0, added: Int = 0, dropped: Int = 0, isFull: Bool = false) {
        self.takenCount = takenCount
        self.added = added
        self.dropped = dropped
        self.isFull = isFull
    }
}
