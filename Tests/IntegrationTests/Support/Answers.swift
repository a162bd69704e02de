/// `/api/v1/services`, as far as tests look at it.
struct ServicesAnswer: Decodable {
    var services: [ServiceAnswer]
}

/// One service of `/api/v1/services`.
struct ServiceAnswer: Decodable {
    struct Collection: Decodable {
        var up: Bool
        var samples: Int
        var errors: Int
        var lastError: String?
        var failingParts: [String: String]
    }

    var name: String
    var exporter: String
    var hash: String
    var generation: Int?
    var state: String
    var setupError: String?
    var isHeld: Bool
    var collection: Collection?
}

/// `/api/v1/sources`.
struct SourcesAnswer: Decodable {
    var sources: [SourceAnswer]
}

/// One source of `/api/v1/sources`.
struct SourceAnswer: Decodable {
    var name: String
    var services: Int
    var heldRemovals: Int
    var consecutiveFailures: Int
    var lastError: String?
    var problems: [String]
}
