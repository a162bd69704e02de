import Exposition
import Foundation
import Settings
import Testing

@testable import ExportingModules

@Suite("Lines of records")
struct LineFormatTests {
    @Test("A sample as JSON")
    func sampleJSON() throws {
        let line = LineFormat.json.line(Records.sample, series: "run-1")
        #expect(
            line == """
                {"type":"data","time":1790000000123,"series":"run-1","service":"orders-db","name":"pg_up",\
                "labels":{"host":"10.0.0.5","q":"a\\"b\\\\c\\nd"},"kind":"gauge","value":1.5}

                """
        )
        _ = try JSONSerialization.jsonObject(with: Data(line.utf8))
    }

    @Test("A sample as text and as comma-separated values")
    func sampleText() {
        #expect(
            LineFormat.text.line(Records.sample, series: "run-1")
                == "2026-09-21T14:13:20.123Z [orders-db] pg_up{host=\"10.0.0.5\",q=\"a\\\"b\\\\c\\nd\"} 1.5\n"
        )
        let csv = LineFormat.csv.line(Records.sample, series: "run-1")
        #expect(
            csv
                == "1790000000123,run-1,orders-db,pg_up,\"{host=\"\"10.0.0.5\"\",q=\"\"a\\\"\"b\\\\c\\nd\"\"}\",gauge,1.5\n"
        )
        #expect(LineFormat.csv.sampleHeader().split(separator: ",").count == 7)
    }

    @Test(
        "NaN and infinity are valid JSON, and words in text and CSV",
        arguments: [
            (Double.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
        ]
    )
    func notNumbers(value: Double, word: String) throws {
        var sample = Records.sample
        sample.value = value
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(LineFormat.json.line(sample, series: "").utf8))
                as? [String: Any]
        )
        #expect(json["value"] as? String == word)
        #expect(LineFormat.text.line(sample, series: "").hasSuffix(" \(word)\n"))
        #expect(LineFormat.csv.line(sample, series: "").hasSuffix(",\(word)\n"))
        var alert = Records.alert
        alert.value = value
        alert.threshold = nil
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(LineFormat.json.line(alert, time: 1, series: "").utf8))
                as? [String: Any]
        )
        #expect(object["value"] as? String == word)
        #expect(object["threshold"] is NSNull)
    }

    @Test("An alert has a time, an id, its series with labels, a start and an end in every form")
    func alerts() throws {
        var alert = Records.alert
        alert.state = .resolved
        alert.end = 1_790_000_060_000
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(LineFormat.json.line(alert, time: 77, series: "run").utf8))
                as? [String: Any]
        )
        #expect(json["time"] as? Int == 77)
        #expect(json["id"] as? String == "17-up-00ff")
        #expect(json["state"] as? String == "resolved")
        #expect(json["status"] as? String == "UP_ALERT")
        #expect(json["stat"] as? String == "connections")
        #expect(json["labels"] as? [String: String] == ["db": "orders"])
        #expect(json["code"] as? Int == 1)
        #expect(json["probability"] as? Double == 3e-7)
        #expect(json["start"] as? Int == 1_790_000_000_000)
        #expect(json["end"] as? Int == 1_790_000_060_000)
        #expect(
            LineFormat.text.line(alert, time: 1_790_000_060_500, series: "run")
                == "2026-09-21T14:14:20.500Z [orders-db] UP_ALERT resolved connections{db=\"orders\"} 90 above 60.5 "
                + "(probability 3e-07, confidence normal) since 2026-09-21T14:13:20.000Z until 2026-09-21T14:14:20.000Z "
                + "id 17-up-00ff\n"
        )
        let csv = LineFormat.csv.line(alert, time: 77, series: "run")
        #expect(csv.hasSuffix(",90,1,3e-07,60.5,50,normal,1790000000000,1790000060000\n"))
        #expect(LineFormat.csv.alertHeader().split(separator: ",").count == 16)
    }

    @Test("Nothing in a record ends its line or moves a cursor")
    func hostileText() throws {
        let text = "a\u{1b}[2J\r\nb\u{85}\u{2028}c\u{0}\"'=,;\\"
        let sample = Sample(name: text, service: text, labels: LabelSet([text: text]), value: 1, timestamp: .max)
        var alert = Records.alert
        alert.id = text
        alert.stat = text
        alert.labels = LabelSet([text: text])
        alert.start = .min
        for line in [LineFormat.text.line(sample, series: text), LineFormat.text.line(alert, time: 0, series: text)] {
            #expect(line.unicodeScalars.filter { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) } == ["\n"])
        }
        for line in [LineFormat.json.line(sample, series: text), LineFormat.json.line(alert, time: 0, series: text)] {
            #expect(line.utf8.filter { $0 < 0x20 } == [0x0a])
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(object["series"] as? String == text)
            #expect(object["labels"] as? [String: String] == [text: text])
        }
    }

    @Test("A number is read back as it was", arguments: [0, -0.0, 1, 1e21, 0.1, 1e-7, 123456789.123, 5e-300, 1.7e308])
    func numbers(value: Double) {
        #expect(Double(NumberFormat.json(value)) == value)
        #expect(NumberFormat.plain(1) == "1")
    }

    @Test(
        "Times are those of the calendar",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_868_799_000, "2000-02-29T23:59:59.000Z"), (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] as [(Int64, String)]
    )
    func times(milliseconds: Int64, text: String) {
        #expect(TimeFormat.iso(milliseconds) == text)
    }

    @Test("Sizes are written so that they can be read, and durations are counted without overflow")
    func units() {
        for bytes in [0, 1, 1023, 1024, 3 << 20, 5 << 30] { #expect(ByteSize.bytes(ByteSize.text(bytes)) == bytes) }
        #expect(ByteSize.text(3 << 20) == "3MiB")
        #expect(Duration.seconds(Int64.max).wholeMilliseconds == .max)
    }
}
