import ExportingModules
import Exposition

/// News of an alert as it lies on disk: its fields in an ``Envelope``.
enum AlertCodec {
    /// The bytes for news of this number.
    static func encode(time: Int64, _ alert: Alert, number: Int64) -> [UInt8] {
        var writer = Envelope.begin(capacity: 256)
        writer.signed(time)
        writer.text(alert.id)
        writer.byte(alert.state == .firing ? 0 : 1)
        writer.byte(alert.status == .up ? 0 : 1)
        writer.byte(alert.confidence == .low ? 0 : 1)
        writer.text(alert.stat)
        writer.text(alert.service)
        writer.number(UInt64(alert.labels.count))
        for label in alert.labels.labels {
            writer.text(label.name)
            writer.text(label.value)
        }
        writer.double(alert.value)
        writer.double(alert.probability)
        optional(alert.threshold, to: &writer) { $0.double($1) }
        optional(alert.drift, to: &writer) { $0.double($1) }
        writer.signed(alert.start)
        optional(alert.end, to: &writer) { $0.signed($1) }
        return Envelope.seal(writer.bytes, checksum: Envelope.checksum(writer.bytes), number: number)
    }

    /// Reads the bytes of the news with this number; they may be anything.
    ///
    /// - Throws: ``CorruptBytes`` if they are not what was written for it.
    static func decode(_ bytes: [UInt8], number: Int64) throws(CorruptBytes) -> (time: Int64, alert: Alert) {
        try bytes.withUnsafeBufferPointer { bytes throws(CorruptBytes) in
            try content(of: Envelope.open(UnsafeRawBufferPointer(bytes), number: number))
        }
    }

    /// Reads what is in an envelope.
    static func content(of reader: ByteReader) throws(CorruptBytes) -> (time: Int64, alert: Alert) {
        var reader = reader
        let time = try reader.signed()
        let id = try reader.text()
        let isFiring = try flag(&reader)
        let isUp = try flag(&reader)
        let isLow = try flag(&reader)
        let stat = try reader.text()
        let service = try reader.text()
        var labels: [Label] = []
        for _ in 0..<(try reader.count(ofAtLeast: 2, "labels")) {
            let name = try reader.text()
            labels.append(Label(name, try reader.text()))
        }
        let value = try reader.double()
        let probability = try reader.double()
        let threshold = try flag(&reader) ? nil : try reader.double()
        let drift = try flag(&reader) ? nil : try reader.double()
        let start = try reader.signed()
        let end = try flag(&reader) ? nil : try reader.signed()
        guard reader.left == 0 else { throw reader.corrupt("there is something behind the end") }
        let alert = Alert(
            id: id,
            state: isFiring ? .firing : .resolved,
            status: isUp ? .up : .down,
            stat: stat,
            service: service,
            labels: LabelSet(labels),
            value: value,
            probability: probability,
            threshold: threshold,
            drift: drift,
            confidence: isLow ? .low : .normal,
            start: start,
            end: end
        )
        return (time, alert)
    }

    /// 0 for nothing, 1 and the value otherwise.
    private static func optional<Value>(
        _ value: Value?,
        to writer: inout ByteWriter,
        _ write: (inout ByteWriter, Value) -> Void
    ) {
        writer.byte(value == nil ? 0 : 1)
        if let value { write(&writer, value) }
    }

    /// Whether a byte is 0; it may only be 1 otherwise.
    private static func flag(_ reader: inout ByteReader) throws(CorruptBytes) -> Bool {
        let byte = try reader.byte()
        guard byte < 2 else { throw reader.corrupt("there is an unknown flag") }
        return byte == 0
    }
}
