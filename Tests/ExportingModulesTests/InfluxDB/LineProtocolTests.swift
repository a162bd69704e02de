import ExportingModules
import Exposition
import Testing

@testable import ExportingModules

@Suite("InfluxDB's line protocol")
struct LineProtocolTests {
    @Test(
        "Measurements, tag keys and tag values are escaped as servers read them",
        arguments: [
            // text, as a measurement, as a key or a value
            ("plain_1", "plain_1", "plain_1"), ("a b", #"a\ b"#, #"a\ b"#), ("a,b", #"a\,b"#, #"a\,b"#),
            ("a=b", "a=b", #"a\=b"#), (#"a"b'c"#, #"a"b'c"#, #"a"b'c"#), (#"C:\dir"#, #"C:\dir"#, #"C:\dir"#),
            (#"a\\b"#, #"a\\b"#, #"a\\b"#), (#"a\,b"#, #"a/\,b"#, #"a\\,b"#), (#"a\ b"#, #"a/\ b"#, #"a\\ b"#),
            (#"a\"b"#, #"a/"b"#, #"a\"b"#),
            (#"a\=b"#, #"a/=b"#, #"a\\=b"#), (#"end\"#, "end/", "end/"), (#"end\\"#, #"end\/"#, #"end\/"#),
            ("a\nb", #"a\nb"#, #"a\nb"#), ("\n", #"\n"#, #"\n"#), ("a\tb\r\u{1}", "a\tb\r\u{1}", "a\tb\r\u{1}"),
            ("é√ 日本 🦫", #"é√\ 日本\ 🦫"#, #"é√\ 日本\ 🦫"#), ("e\u{301}", "e\u{301}", "e\u{301}"),
            (" x ", #"\ x\ "#, #"\ x\ "#),
            ("a#b", "a#b", "a#b"),
        ]
    )
    func escapes(text: String, measurement: String, tag: String) throws {
        let label = LabelSet([Label(text, text)])
        #expect(try line(text, label) == "\(measurement),\(tag)=\(tag) value=1 5\n")
    }

    @Test(
        "For VictoriaMetrics backslashes are doubled",
        arguments: [
            (#"C:\dir\"#, #"C:\\dir\\"#), (#"a\,b"#, #"a\\\,b"#), (#"a\ b"#, #"a\\\ b"#), ("a\nb", #"a\\nb"#),
            ("a=b", #"a\=b"#),
        ]
    )
    func dialect(text: String, tag: String) throws {
        #expect(try line("m", ["k": text], dialect: .victoriametrics) == "m,k=\(tag) value=1 5\n")
    }

    @Test("Tags come in the order of their names, and empty ones are left out")
    func tags() throws {
        let labels: LabelSet = ["b": "2", "empty": "", "z": "3", "A": "0"]
        let text = try line("m", labels, tags: [("agent", "x"), ("none", ""), ("service", "s")])
        #expect(text == "m,A=0,agent=x,b=2,service=s,z=3 value=1 5\n")
        #expect(try line("m", [:]) == "m value=1 5\n")
    }

    @Test("A label that has the name of a tag, or one that InfluxDB keeps for itself, is exported_")
    func clashes() throws {
        let labels: LabelSet = ["_field": "1", "_measurement": "2", "stat": "3", "time": "4"]
        let text = try line("m", labels, tags: [("stat", "own")])
        #expect(
            text == "m,exported__field=1,exported__measurement=2,exported_stat=3,stat=own,exported_time=4 value=1 5\n"
        )
    }

    @Test(
        "Numbers have the digits that it takes to read them back",
        arguments: [
            (0.0, "0"), (-0.0, "-0"), (1, "1"), (-1.5, "-1.5"), (0.1, "0.1"), (1e22, "1e+22"),
            (123456789.125, "123456789.125"),
            (Double.leastNonzeroMagnitude, "5e-324"), (Double.greatestFiniteMagnitude, "1.7976931348623157e+308"),
        ]
    )
    func numbers(value: Double, text: String) throws {
        #expect(try line("m", [:], fields: [("value", .number(value))]) == "m value=\(text) 5\n")
        #expect(Double(text)?.bitPattern == value.bitPattern)
    }

    @Test("Fields are text in quotation marks, whole numbers with an i, and separated by commas")
    func fields() throws {
        let fields: [(name: String, value: LineProtocol.Field)] = [
            ("a b", .text("x\"y\\z,= \n")), ("n", .integer(-3)), ("v", .number(2)),
        ]
        #expect(try line("m", [:], fields: fields) == "m a\\ b=\"x\\\"y\\\\z,= \n\",n=-3i,v=2 5\n")
    }

    @Test(
        "What cannot be stored is refused with the reason, and nothing of it is written",
        arguments: [
            ("m", 1.0, Int64.max, "time"), ("m", 1, Int64.min, "time"), ("m", 1, 9_223_372_036_855, "time"),
            ("m", .nan, 5, "cannot store NaN"), ("m", .infinity, 5, "cannot store +Inf"),
            ("m", -.infinity, 5, "cannot store -Inf"), ("", 1, 5, "name is empty"), ("#m", 1, 5, "begins with #"),
            ("\tm", 1, 5, "control character"), ("\u{0}m", 1, 5, "control character"),
        ]
    )
    func refusals(name: String, value: Double, time: Int64, words: String) {
        var bytes = Array("before\n".utf8)
        let refusal = #expect(throws: LineProtocol.Refusal.self) {
            try LineProtocol(dialect: .influxdb).append(
                measurement: name,
                labels: ["a": "b"],
                tags: [],
                fields: [("value", .number(value))],
                time: time,
                to: &bytes
            )
        }
        #expect(refusal?.reason.contains(words) == true)
        #expect(String(decoding: bytes, as: UTF8.self) == "before\n")
    }

    @Test("Names and labels of 65,535 bytes are taken, and one more is not")
    func length() throws {
        // "m,k=" and the value.
        let fits = String(repeating: "x", count: 65_535 - 4)
        #expect(try line("m", ["k": fits]).utf8.count > 65_535)
        #expect(throws: LineProtocol.Refusal.self) { _ = try line("m", ["k": fits + "x"]) }
        #expect(try line("m", ["k": fits + "x"], dialect: .victoriametrics).utf8.count > 65_535)
        #expect(throws: LineProtocol.Refusal.self) { _ = try line("m", LabelSet([Label("", "x")])) }
    }

    private func line(
        _ measurement: String,
        _ labels: LabelSet,
        tags: [(name: String, value: String)] = [],
        fields: [(name: String, value: LineProtocol.Field)] = [("value", .number(1))],
        dialect: LineProtocol.Dialect = .influxdb
    ) throws -> String {
        var bytes: [UInt8] = []
        try LineProtocol(dialect: dialect).append(
            measurement: measurement,
            labels: labels,
            tags: tags,
            fields: fields,
            time: 5,
            to: &bytes
        )
        return String(decoding: bytes, as: UTF8.self)
    }
}
