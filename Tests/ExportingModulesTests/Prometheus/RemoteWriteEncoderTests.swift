import ExportingModules
import Exposition
import TestSupport
import Testing

@testable import ExportingModules

@Suite("Remote write messages")
struct RemoteWriteEncoderTests {
    @Test("A message has exactly the bytes of the specification")
    func bytes() throws {
        let message = try encode([Sample(name: "up", labels: ["a": "b"], value: 1, timestamp: 300)])
        let label1: [UInt8] = [0x0a, 14, 0x0a, 8] + Array("__name__".utf8) + [0x12, 2] + Array("up".utf8)
        let label2: [UInt8] = [0x0a, 6, 0x0a, 1, 0x61, 0x12, 1, 0x62]
        let sample: [UInt8] = [0x12, 12, 0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x10, 0xac, 0x02]
        let series = label1 + label2 + sample
        #expect(message == [0x0a, UInt8(series.count)] + series)
    }

    @Test("Labels are sorted by the bytes of their names, and empty ones left out")
    func order() throws {
        let sample = Sample(
            name: "m",
            labels: ["Z": "1", "a": "2", "_x": "3", "empty": "", "é": "4"],
            value: 0,
            timestamp: 0
        )
        let series = try read([sample]).series[0]
        #expect(series.labels.map { $0[0] } == ["Z", "_", "__name__", "_x", "a"])
        let utf8 = try read([sample], names: .utf8).series[0]
        #expect(utf8.labels.map { $0[0] } == ["Z", "__name__", "_x", "a", "é"])
    }

    @Test(
        "Label values come out as they went in",
        arguments: [
            " ", "a b", "\"", "\\", "a,b=c", "line\nbreak\r\t", "é√日本🦫", "e\u{301}", "\u{0}", "{}${x}",
            String(repeating: "long", count: 100_000),
        ]
    )
    func values(text: String) throws {
        let series = try read([Sample(name: "m", labels: ["k": text], value: 0, timestamp: 0)]).series
        #expect(series.count == 1)
        #expect(series[0]["k"].map { Array($0.utf8) } == Array(text.utf8))
    }

    @Test("Labels that differ in their bytes only are different series")
    func spelling() throws {
        let samples = ["é", "e\u{301}"].map { Sample(name: "m", labels: ["k": $0], value: 0, timestamp: 0) }
        #expect(try read(samples).series.count == 2)
    }

    @Test("Numbers keep their bits; what is no number has Prometheus' bits, and an end its own")
    func numbers() throws {
        let values = [0, -0.0, 1.5, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude]
        let samples = values.enumerated().map { Sample(name: "m", value: $1, timestamp: Int64($0)) }
        #expect(try read(samples).series[0].samples.map(\.bits) == values.map(\.bitPattern))
        let stale = Double(bitPattern: Sample.staleBits)
        let rest = [Double.nan, .signalingNaN, -Double.nan, stale]
        let bits = try read(rest.enumerated().map { Sample(name: "m", value: $1, timestamp: Int64($0)) })
            .series[0].samples.map(\.bits)
        #expect(bits == [0x7ff8_0000_0000_0001, 0x7ff8_0000_0000_0001, 0x7ff8_0000_0000_0001, 0x7ff0_0000_0000_0002])
    }

    @Test("Times are whole milliseconds of any sign", arguments: [0, 1, 127, 128, -1, .max, .min, 1_790_000_000_123])
    func times(time: Int64) throws {
        #expect(try read([Sample(name: "m", value: 1, timestamp: time)]).series[0].samples[0].timestamp == time)
    }

    @Test("The samples of one series stand together, in their order")
    func groups() throws {
        let samples = (0..<6).map {
            Sample(name: $0 % 2 == 0 ? "a" : "b", labels: ["x": "y"], value: Double($0), timestamp: Int64($0))
        }
        let series = try read(samples).series
        #expect(series.map { $0["__name__"] } == ["a", "b"])
        #expect(series.map { $0.samples.map(\.timestamp) } == [[0, 2, 4], [1, 3, 5]])
    }

    @Test("External labels are added where a series has none of the name")
    func external() throws {
        let samples = [
            Sample(name: "m", labels: ["a": "own"], value: 1, timestamp: 1), Sample(name: "m", value: 1, timestamp: 1),
        ]
        let series = try read(samples, external: ["a": "ext", "zone": "1"]).series
        #expect(
            series.map { $0.labels } == [
                [["__name__", "m"], ["a", "own"], ["zone", "1"]], [["__name__", "m"], ["a", "ext"], ["zone", "1"]],
            ]
        )
    }

    @Test("Many series of one name are told apart, and their samples are not mixed up")
    func manySeries() throws {
        let samples = (0..<2000).map { index in
            Sample(
                name: "m",
                labels: ["a": String(repeating: "x", count: index % 5), "i": "\(index % 50)"],
                value: Double(index),
                timestamp: Int64(index)
            )
        }
        let series = try read(samples).series
        #expect(series.count == Set(samples.map(\.labels)).count)
        for stored in series {
            let own = samples.filter { $0.labels["i"] == stored["i"] && ($0.labels["a"] ?? "") == stored["a"] ?? "" }
            #expect(stored.samples.map(\.value) == own.map(\.value))
        }
    }

    @Test("Names that are no plain words are written with underscores, or as they are")
    func names() throws {
        let sample = Sample(name: "http.requests é", labels: ["k8s.pod": "x", "1a": "y"], value: 1, timestamp: 1)
        #expect(
            try read([sample]).series[0].labels == [["__name__", "http_requests__"], ["_a", "y"], ["k8s_pod", "x"]]
        )
        let utf8 = try read([sample], names: .utf8).series[0]
        #expect(utf8.labels == [["1a", "y"], ["__name__", "http.requests é"], ["k8s.pod", "x"]])
    }

    @Test("A label called __name__ does not replace the name")
    func nameLabel() throws {
        let series = try read([Sample(name: "m", labels: ["__name__": "x"], value: 1, timestamp: 1)]).series[0]
        #expect(series.labels == [["__name__", "m"], ["exported___name__", "x"]])
    }

    @Test(
        "A series that no receiver takes is refused",
        arguments: [
            Sample(name: "", value: 1, timestamp: 1), Sample(name: "m", labels: ["": "x"], value: 1, timestamp: 1),
            Sample(name: "m", labels: ["a.b": "1", "a_b": "2"], value: 1, timestamp: 1),
        ]
    )
    func refused(sample: Sample) {
        #expect(throws: RemoteWriteEncoder.Refusal.self) { _ = try encoder().series(sample) }
    }

    @Test("Descriptions have the numbers of the specification")
    func metadata() throws {
        let kinds: [(MetricKind, UInt64)] = [
            (.unknown, 0), (.counter, 1), (.gauge, 2), (.histogram, 3), (.summary, 5), (.info, 6),
        ]
        #expect(kinds.count == MetricKind.allCases.count)
        let families = kinds.map { SampleFamily(name: "f.\($0.0)", kind: $0.0, help: "h\n\($0.0)", unit: "seconds") }
        let read = try RemoteWriteReader(message: encoder().message(families)).metadata
        #expect(read.map(\.type) == kinds.map(\.1))
        #expect(read[1] == .init(type: 1, name: "f_counter", help: "h\ncounter", unit: "seconds"))
    }

    @Test("Snappy's blocks are read back", arguments: [0, 1, 59, 60, 61, 300, 70_000])
    func snappy(count: Int) throws {
        var random = SeededGenerator(seed: 7)
        let samples = (0..<count).map {
            Sample(
                name: "m",
                labels: ["k": "\(UInt64.random(in: 0...9, using: &random))"],
                value: 0,
                timestamp: Int64($0)
            )
        }
        let message = try encode(samples)
        let body = try #require(SnappyBlock.compress(message))
        #expect(try RemoteWriteReader(body).series.reduce(0) { $0 + $1.samples.count } == count)
    }

    private func encoder(names: RemoteWriteEncoder.Names = .underscores, external: LabelSet = [:]) -> RemoteWriteEncoder
    {
        RemoteWriteEncoder(externalLabels: external, names: names)
    }

    private func encode(
        _ samples: [Sample],
        names: RemoteWriteEncoder.Names = .underscores,
        external: LabelSet = [:]
    ) throws -> [UInt8] {
        let encoder = encoder(names: names, external: external)
        return RemoteWriteEncoder.message(try samples.map { (series: try encoder.series($0), sample: $0) })
    }

    private func read(
        _ samples: [Sample],
        names: RemoteWriteEncoder.Names = .underscores,
        external: LabelSet = [:]
    ) throws -> RemoteWriteReader {
        try RemoteWriteReader(message: encode(samples, names: names, external: external))
    }
}

@Suite("When families are described")
struct MetadataBookTests {
    private let samples = ["a", "b", "a"].map { Sample(name: $0, value: 1, timestamp: 1) }

    @Test("Each family once when it is seen, and again after the interval")
    func interval() {
        var book = MetadataBook(interval: 300_000)
        let first = book.due(samples, at: 1000)
        #expect(first.map(\.name) == ["a", "b"])
        book.note(first, accepted: true, at: 1000)
        #expect(book.due(samples, at: 300_999).isEmpty)
        #expect(book.due(samples, at: 301_000).map(\.name) == ["a", "b"])
        #expect(book.due([Sample(name: "c", value: 1, timestamp: 1)], at: 1001).map(\.name) == ["c"])
    }

    @Test("What was not taken is tried again after half a minute, not with each batch")
    func failure() {
        var book = MetadataBook(interval: 300_000)
        book.note(book.due(samples, at: 0), accepted: false, at: 0)
        #expect(book.due(samples, at: 29_999).isEmpty)
        #expect(book.due(samples, at: 30_000).count == 2)
    }

    @Test("A changed description is told at once, and a clock that was set back holds nothing up")
    func changes() {
        var book = MetadataBook(interval: 300_000)
        book.note(book.due(samples, at: 1_000_000), accepted: true, at: 1_000_000)
        let changed = Sample(
            name: "a",
            family: SampleFamily(name: "a", kind: .gauge, help: "new"),
            value: 1,
            timestamp: 1
        )
        #expect(book.due([changed], at: 1_000_001).map(\.help) == ["new"])
        #expect(book.due(samples, at: 5).count == 2)
    }

    @Test("The book has an end, and an interval of 0 means never")
    func bounds() {
        var book = MetadataBook(interval: 1)
        let many = (0..<30_000).map { Sample(name: "m\($0)", value: 1, timestamp: 1) }
        #expect(book.due(many, at: 0).count == MetadataBook.limit)
        var never = MetadataBook(interval: 0)
        #expect(never.due(samples, at: 0).isEmpty)
    }
}
