import ExportingModules
import TestSupport

/// Reads remote write requests, written from the specifications and not from the encoder.
struct RemoteWriteReader {
    struct Series: Hashable {
        var labels: [[String]] = []
        var samples: [Point] = []

        subscript(name: String) -> String? { labels.first { $0[0] == name }?[1] }
    }

    struct Point: Hashable {
        var bits: UInt64 = 0
        var timestamp: Int64 = 0
        var value: Double { Double(bitPattern: bits) }
    }

    struct Metadata: Hashable {
        var type: UInt64 = 0
        var name = ""
        var help = ""
        var unit = ""
    }

    var series: [Series] = []
    var metadata: [Metadata] = []

    /// Reads a compressed body.
    init(_ body: [UInt8]) throws {
        try self.init(message: Self.uncompress(body))
    }

    init(message: [UInt8]) throws {
        try Self.fields(message[...]) { number, field in
            switch number {
            case 1: series.append(try Self.readSeries(field.bytes()))
            case 3: metadata.append(try Self.readMetadata(field.bytes()))
            default: throw TestSupportError("field \(number) of WriteRequest")
            }
        }
    }

    private static func readSeries(_ bytes: ArraySlice<UInt8>) throws -> Series {
        var series = Series()
        try fields(bytes) { number, field in
            switch number {
            case 1:
                var label = ["", ""]
                try fields(field.bytes()) { number, field in
                    guard number == 1 || number == 2 else { throw TestSupportError("field \(number) of Label") }
                    label[number - 1] = try field.text()
                }
                series.labels.append(label)
            case 2:
                var point = Point()
                try fields(field.bytes()) { number, field in
                    switch (number, field) {
                    case (1, .fixed(let bits)): point.bits = bits
                    case (2, .varint(let value)): point.timestamp = Int64(bitPattern: value)
                    default: throw TestSupportError("field \(number) of Sample")
                    }
                }
                series.samples.append(point)
            default: throw TestSupportError("field \(number) of TimeSeries")
            }
        }
        return series
    }

    private static func readMetadata(_ bytes: ArraySlice<UInt8>) throws -> Metadata {
        var metadata = Metadata()
        try fields(bytes) { number, field in
            switch (number, field) {
            case (1, .varint(let value)): metadata.type = value
            case (2, _): metadata.name = try field.text()
            case (4, _): metadata.help = try field.text()
            case (5, _): metadata.unit = try field.text()
            default: throw TestSupportError("field \(number) of MetricMetadata")
            }
        }
        return metadata
    }

    private enum Field {
        case varint(UInt64)
        case fixed(UInt64)
        case delimited(ArraySlice<UInt8>)

        func bytes() throws -> ArraySlice<UInt8> {
            guard case .delimited(let bytes) = self else { throw TestSupportError("a field without a length") }
            return bytes
        }

        func text() throws -> String {
            guard let text = String(validating: try bytes(), as: UTF8.self) else { throw TestSupportError("not UTF-8") }
            return text
        }
    }

    private static func fields(_ bytes: ArraySlice<UInt8>, _ body: (Int, Field) throws -> Void) throws {
        var rest = bytes
        while !rest.isEmpty {
            let key = try varint(&rest)
            switch key & 7 {
            case 0: try body(Int(key >> 3), .varint(varint(&rest)))
            case 1:
                guard rest.count >= 8 else { throw TestSupportError("cut") }
                try body(Int(key >> 3), .fixed(rest.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }))
                rest = rest.dropFirst(8)
            case 2:
                let length = Int(try varint(&rest))
                guard rest.count >= length else { throw TestSupportError("cut") }
                try body(Int(key >> 3), .delimited(rest.prefix(length)))
                rest = rest.dropFirst(length)
            default: throw TestSupportError("wire type \(key & 7)")
            }
        }
    }

    private static func varint(_ rest: inout ArraySlice<UInt8>) throws -> UInt64 {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = rest.popFirst() else { throw TestSupportError("cut") }
            result |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return result }
        }
        throw TestSupportError("too long a number")
    }

    /// Snappy's block format (format_description.txt).
    private static func uncompress(_ body: [UInt8]) throws -> [UInt8] {
        var rest = body[...]
        let length = Int(try varint(&rest))
        var result: [UInt8] = []
        while let tag = rest.popFirst() {
            let size: Int
            let offset: Int
            switch tag & 3 {
            case 0:
                var count = Int(tag >> 2)
                if count >= 60 {
                    let bytes = rest.prefix(count - 59)
                    rest = rest.dropFirst(count - 59)
                    count = bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
                }
                guard rest.count > count else { throw TestSupportError("cut") }
                result += rest.prefix(count + 1)
                rest = rest.dropFirst(count + 1)
                continue
            case 1:
                guard let low = rest.popFirst() else { throw TestSupportError("cut") }
                size = Int(tag >> 2 & 7) + 4
                offset = Int(tag >> 5) << 8 | Int(low)
            default:
                let width = tag & 3 == 2 ? 2 : 4
                guard rest.count >= width else { throw TestSupportError("cut") }
                size = Int(tag >> 2) + 1
                offset = rest.prefix(width).reversed().reduce(0) { $0 << 8 | Int($1) }
                rest = rest.dropFirst(width)
            }
            guard offset > 0, offset <= result.count else { throw TestSupportError("a copy from nowhere") }
            for _ in 0..<size { result.append(result[result.count - offset]) }
        }
        guard result.count == length else { throw TestSupportError("\(result.count) bytes instead of \(length)") }
        return result
    }
}
