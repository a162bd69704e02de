import Exposition

/// InfluxDB's line protocol: `measurement,tag=value field=value time`, one point per line, times in milliseconds.
///
/// The escapes are those that servers read back exactly (tried with InfluxDB 1.6 and VictoriaMetrics 1.79); the protocol
/// has none for a line break and, with InfluxDB, none for a backslash:
///
/// - A comma and a space, and in tags an equals sign, get a backslash before them.
/// - For InfluxDB a backslash is itself, unless it stands where it would escape what follows and be lost: at the end of a
///   name or a value, and in a measurement before a comma, a space, an equals sign or a quotation mark. There it becomes
///   `/`.
/// - For VictoriaMetrics every backslash is doubled, and none is lost.
/// - A line break becomes the two characters `\n`.
/// - The tags `time`, `_field` and `_measurement`, which InfluxDB keeps for itself, become `exported_time` and so on.
/// - Tags with an empty value are left out: the protocol has no empty values, and they mean the same.
struct LineProtocol: Sendable {
    /// Whose reading of backslashes is meant.
    enum Dialect: String, Sendable, CaseIterable {
        case influxdb
        case victoriametrics
    }

    /// A field's value.
    enum Field: Sendable {
        case number(Double)
        case integer(Int64)
        case text(String)
    }

    /// A point could not be written, for this reason.
    struct Refusal: Error, Hashable {
        let reason: String
    }

    /// The longest name and tags that InfluxDB takes, in bytes.
    static let maximumKeyLength = 65_535
    /// The first and the last time that InfluxDB takes, in milliseconds: whole nanoseconds in 64 bits.
    static let times: ClosedRange<Int64> = -9_223_372_036_854...9_223_372_036_854

    let dialect: Dialect

    /// Adds a line.
    ///
    /// - Parameters:
    ///   - measurement: The measurement.
    ///   - labels: Tags.
    ///   - tags: More tags, sorted by their names. Where a label has the same name, `exported_` is put before it.
    ///   - fields: The fields, not empty.
    ///   - time: Milliseconds since 1970.
    ///   - bytes: Where the line is added; nothing is, if it is refused.
    func append(
        measurement: String,
        labels: LabelSet,
        tags: [(name: String, value: String)],
        fields: [(name: String, value: Field)],
        time: Int64,
        to bytes: inout [UInt8]
    ) throws(Refusal) {
        guard Self.times.contains(time) else { throw Refusal(reason: "the time is outside of what InfluxDB can store") }
        let start = bytes.count
        do throws(Refusal) {
            try append(measurement: measurement, to: &bytes)
            try append(labels: labels, tags: tags[...], to: &bytes)
            let length = bytes.count - start
            guard dialect == .victoriametrics || length <= Self.maximumKeyLength else {
                throw Refusal(reason: "name and labels have \(length) bytes; InfluxDB takes \(Self.maximumKeyLength)")
            }
            var separator = UInt8(ascii: " ")
            for (name, value) in fields {
                bytes.append(separator)
                append(escaped: name, isMeasurement: false, to: &bytes)
                bytes.append(UInt8(ascii: "="))
                try append(value, to: &bytes)
                separator = UInt8(ascii: ",")
            }
        } catch {
            bytes.removeLast(bytes.count - start)
            throw error
        }
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: String(time).utf8)
        bytes.append(UInt8(ascii: "\n"))
    }

    private func append(measurement: String, to bytes: inout [UInt8]) throws(Refusal) {
        switch measurement.utf8.first {
        case nil: throw Refusal(reason: "the name is empty")
        // A comment, which the server leaves out without a word.
        case UInt8(ascii: "#"): throw Refusal(reason: "InfluxDB takes no name that begins with #")
        // Blanks before a line are left out by the server.
        case 0, UInt8(ascii: "\t"): throw Refusal(reason: "InfluxDB takes no name that begins with a control character")
        default: append(escaped: measurement, isMeasurement: true, to: &bytes)
        }
    }

    /// Labels and tags, merged in the order of their names, in which InfluxDB reads them fastest.
    private func append(
        labels: LabelSet,
        tags: ArraySlice<(name: String, value: String)>,
        to bytes: inout [UInt8]
    ) throws(Refusal) {
        var tags = tags
        let all = tags
        for label in labels.labels {
            if label.value.isEmpty { continue }
            guard !label.name.isEmpty else { throw Refusal(reason: "a label name is empty") }
            while let tag = tags.first, tag.name.utf8.lexicographicallyPrecedes(label.name.utf8) {
                append(tag: tag.name, tag.value, to: &bytes)
                tags = tags.dropFirst()
            }
            let isTaken = Self.isReserved(label.name) || all.contains { $0.name == label.name }
            append(tag: isTaken ? "exported_\(label.name)" : label.name, label.value, to: &bytes)
        }
        for tag in tags { append(tag: tag.name, tag.value, to: &bytes) }
    }

    private static func isReserved(_ name: String) -> Bool {
        name == "time" || name == "_field" || name == "_measurement"
    }

    private func append(tag name: String, _ value: String, to bytes: inout [UInt8]) {
        if value.isEmpty { return }
        bytes.append(UInt8(ascii: ","))
        append(escaped: name, isMeasurement: false, to: &bytes)
        bytes.append(UInt8(ascii: "="))
        append(escaped: value, isMeasurement: false, to: &bytes)
    }

    private func append(_ value: Field, to bytes: inout [UInt8]) throws(Refusal) {
        switch value {
        case .number(let number):
            guard number.isFinite else {
                throw Refusal(reason: "InfluxDB cannot store \(NumberFormat.plain(number))")
            }
            bytes.append(number: number)
        case .integer(let number):
            bytes.append(contentsOf: String(number).utf8)
            bytes.append(UInt8(ascii: "i"))
        case .text(let text):
            bytes.append(UInt8(ascii: "\""))
            for byte in text.utf8 {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
                bytes.append(byte)
            }
            bytes.append(UInt8(ascii: "\""))
        }
    }

    private func append(escaped text: String, isMeasurement: Bool, to bytes: inout [UInt8]) {
        let isDone = text.utf8.withContiguousStorageIfAvailable { utf8 in
            guard utf8.allSatisfy(Self.isPlain) else { return false }
            bytes.append(contentsOf: utf8)
            return true
        }
        if isDone != true { append(slowlyEscaped: text, isMeasurement: isMeasurement, to: &bytes) }
    }

    /// Whether a byte is itself everywhere.
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte > UInt8(ascii: "=")
            ? byte != UInt8(ascii: "\\")
            : byte > UInt8(ascii: " ") && byte != UInt8(ascii: "=") && byte != UInt8(ascii: ",")
    }

    private func append(slowlyEscaped text: String, isMeasurement: Bool, to bytes: inout [UInt8]) {
        let backslash = UInt8(ascii: "\\")
        var isAfterBackslash = false
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: "="):
                if isMeasurement, isAfterBackslash { bytes[bytes.count - 1] = UInt8(ascii: "/") }
                if !isMeasurement || byte != UInt8(ascii: "=") { bytes.append(backslash) }
                bytes.append(byte)
            case UInt8(ascii: "\"") where isMeasurement && isAfterBackslash:
                bytes[bytes.count - 1] = UInt8(ascii: "/")
                bytes.append(byte)
            case UInt8(ascii: "\n"):
                bytes.append(backslash)
                if dialect == .victoriametrics { bytes.append(backslash) }
                bytes.append(UInt8(ascii: "n"))
            case backslash where dialect == .victoriametrics:
                bytes.append(backslash)
                bytes.append(backslash)
            default: bytes.append(byte)
            }
            isAfterBackslash = byte == backslash && dialect == .influxdb
        }
        if isAfterBackslash { bytes[bytes.count - 1] = UInt8(ascii: "/") }
    }
}
