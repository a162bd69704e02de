import Foundation
import GRDB

/// One thing that happened to a service or a source, as the history keeps it.
struct HistoryEvent: Sendable, Hashable, Codable {
    /// When, in seconds since 1970.
    var time: Double
    /// What: `registered`, `failed`, `replaced`, `updated`, `unregistered`, `source_failed` ...
    var kind: String
    /// The source, if one is concerned.
    var source: String?
    /// The service's name, if one is concerned.
    var service: String?
    /// Its address with the port.
    var address: String?
    /// The exporter template.
    var exporter: String?
    /// The hash.
    var hash: String?
    /// The generation of the exporter.
    var generation: Int64?
    /// What exactly, for a person.
    var detail: String?

    /// Creates an event.
    init(
        time: Double,
        kind: String,
        source: String? = nil,
        service: String? = nil,
        address: String? = nil,
        exporter: String? = nil,
        hash: String? = nil,
        generation: Int64? = nil,
        detail: String? = nil
    ) {
        self.time = time
        self.kind = kind
        self.source = source
        self.service = service
        self.address = address
        self.exporter = exporter
        self.hash = hash
        self.generation = generation
        self.detail = detail
    }
}

extension HistoryEvent: FetchableRecord, PersistableRecord {
    /// The table that holds events.
    static let databaseTableName = "history"
}
