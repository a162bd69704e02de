import Exposition

/// A ``WatchedSeries`` as it is stored.
///
/// The bytes are a version, a checksum (FNV-1a, 64 bits) of what follows, and the parts one after the other; see
/// ``StateWriter``.
struct StoredSeries {
    var key: String
    var sourceLabels: LabelSet
    var series: SpotSeries
    var reader: SeriesReader
    var spacing: SampleSpacing
    var alerts: [AlertTracker.Open]
    var baseline: SeasonalBaseline?
    var detector: StoredDetector

    private static let version: UInt8 = 1
    /// More bytes than these are no state: the largest parameters need less.
    private static let largest = 32 << 20
}

extension StoredSeries {
    init(_ watched: WatchedSeries) {
        key = watched.identity.key
        sourceLabels = watched.identity.sourceLabels
        series = watched.series
        reader = watched.reader
        spacing = watched.spacing
        alerts = watched.tracker.stored
        baseline = watched.baseline
        detector = StoredDetector(watched.detector)
    }

    /// The bytes to be stored.
    var bytes: [UInt8] {
        var body = StateWriter()
        body.write(self)
        var whole = StateWriter()
        whole.write(Self.version)
        whole.writeFixed(Self.checksum(body.bytes[...]))
        return whole.bytes + body.bytes
    }

    /// Reads what was stored. Whether anything could be in that state is only known when it is restored.
    init(bytes: [UInt8]) throws(StoredStateError) {
        guard bytes.count <= Self.largest else { throw .damaged }
        var reader = StateReader(bytes[...])
        guard try reader.byte() == Self.version else { throw .unknownVersion }
        let checksum = try reader.fixed()
        let body = bytes.suffix(reader.remaining)
        guard checksum == Self.checksum(body) else { throw .damaged }
        try self.init(body: body)
    }

    /// Reads what comes after the checksum.
    init(body: ArraySlice<UInt8>) throws(StoredStateError) {
        var reader = StateReader(body)
        self = try reader.series()
        guard reader.remaining == 0 else { throw .damaged }
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// Whether it was watched as a selection says.
    func suits(_ selection: SpotSelection) -> Bool {
        detector.parameters == selection.parameters && (baseline != nil) == (selection.baseline == .hourOfWeek)
            && (selection.transform == nil || selection.transform == reader.transform)
    }
}

extension WatchedSeries {
    /// Restores a series.
    init(
        _ stored: StoredSeries,
        identity: SpotIdentity,
        selection: Int,
        _ rules: SpotSelection
    ) throws(StoredStateError) {
        self.init(identity: identity, series: stored.series, selection: selection, rules, kind: .unknown)
        reader = stored.reader
        spacing = stored.spacing
        baseline = stored.baseline
        detector = try SpotDetector(stored.detector)
        for open in stored.alerts { tracker.restore(open) }
        isUnsaved = false
    }
}
