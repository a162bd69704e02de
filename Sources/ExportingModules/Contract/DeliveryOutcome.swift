/// What has become of one record.
public enum DeliveryOutcome: Sendable, Hashable {
    /// The destination has it. It is not sent again.
    case accepted
    /// The destination will never take it, for this reason. It is not sent again; it goes to the dead letters.
    case rejected(reason: String)
    /// It was not taken now, for this reason. It is sent again, not before this time has passed; nil leaves the time to
    /// the sender.
    case retry(after: Duration?, reason: String)
    /// The batch was too large. It is sent again in halves; a record that is too large alone is rejected.
    case tooLarge(reason: String)
}

/// What has become of each record of a batch: mostly the same, with exceptions.
public struct Delivery: Sendable, Hashable {
    /// The number of records.
    public let count: Int
    /// What has become of the records that are no exceptions.
    public let usual: DeliveryOutcome
    /// What has become of others, by their place in the batch.
    public private(set) var exceptions: [Int: DeliveryOutcome]

    /// Creates an answer. Exceptions outside the batch are left out.
    public init(count: Int, _ usual: DeliveryOutcome, exceptions: [Int: DeliveryOutcome] = [:]) {
        self.count = max(0, count)
        self.usual = usual
        self.exceptions = exceptions.filter { $0.key >= 0 && $0.key < count && $0.value != usual }
    }

    /// The answer for a destination that has everything.
    public static func accepted(count: Int) -> Delivery { Delivery(count: count, .accepted) }

    /// What has become of the record at a place in the batch.
    public subscript(index: Int) -> DeliveryOutcome { exceptions[index] ?? usual }

    /// How many records were accepted.
    public var acceptedCount: Int { count { $0 == .accepted } }

    /// How many records were rejected.
    public var rejectedCount: Int {
        count { if case .rejected = $0 { true } else { false } }
    }

    /// How many records are to be sent again, in smaller batches or not.
    public var retryCount: Int {
        count {
            switch $0 {
            case .retry, .tooLarge: true
            case .accepted, .rejected: false
            }
        }
    }

    private func count(_ isMeant: (DeliveryOutcome) -> Bool) -> Int {
        let among = exceptions.values.count(where: isMeant)
        return isMeant(usual) ? count - exceptions.count + among : among
    }
}
