import ExportingModules

extension AckCursor {
    /// Settles samples as a module has answered for them; those that it has not answered for are taken back.
    mutating func settle(_ positions: [QueuePosition], _ delivery: Delivery) -> Settlement {
        let usual = Fate(delivery.usual)
        return settle(positions) { index in
            guard index < delivery.count else { return .again }
            return delivery.exceptions.isEmpty ? usual : delivery.exceptions[index].map { Fate($0) } ?? usual
        }
    }
}

extension AckCursor.Fate {
    /// What an answer means for a sample.
    init(_ outcome: DeliveryOutcome) {
        switch outcome {
        case .accepted: self = .delivered
        case .rejected: self = .rejected
        case .retry, .tooLarge: self = .again
        }
    }
}
