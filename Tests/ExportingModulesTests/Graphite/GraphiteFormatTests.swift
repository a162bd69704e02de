import Exposition
import Testing

@testable import ExportingModules

@Suite("Graphite's lines")
struct GraphiteFormatTests {
    @Test("A path has the service, the name and the labels in their order")
    func path() throws {
        let sample = sample("pg_up", ["zone": "b", "host": "a"])
        #expect(try dotted().line(sample) == "muster.orders-db.pg_up.host.a.zone.b 1.5 1790000000\n")
        #expect(try dotted(prefix: "").line(sample) == "orders-db.pg_up.host.a.zone.b 1.5 1790000000\n")
        #expect(try dotted(prefix: "..a b..c.").line(sample) == "a_b.c.orders-db.pg_up.host.a.zone.b 1.5 1790000000\n")
    }

    @Test("A template puts labels where they are wanted, and text between")
    func template() throws {
        let sample = sample("pg_up", ["zone": "b.c", "host": "a", "none": ""])
        let template = "x.{label:zone}.db-{service}.{label:missing}.{name}.{labels}"
        #expect(try dotted(template).line(sample) == "muster.x.b_c.db-orders-db.pg_up.host.a 1.5 1790000000\n")
        #expect(try dotted("{name}").line(sample) == "muster.pg_up 1.5 1790000000\n")
    }

    @Test(
        "A template that is none is refused",
        arguments: ["", "{service}", "{name", "name}", "{nmae}", "{label:}.{name}"]
    )
    func badTemplate(text: String) {
        #expect(throws: GraphiteTemplate.Problem.self) { _ = try GraphiteTemplate(text) }
        let error = #expect(throws: ModuleConfigurationError.self) {
            _ = try ModuleCatalogue.standard.make("graphite", settings: ["graphite.template": .text(text)])
        }
        #expect(error?.problems.first?.parameter == "graphite.template")
    }

    @Test(
        "Whatever is in a name, it stays one node of the path",
        arguments: [
            ("a.b", "a_b"), ("a b\tc\nd", "a_b_c_d"), ("../..", "_____"), ("ä/€", "___"), ("a;b=c", "a_b_c"),
            ("x:y-z_9", "x:y-z_9"), ("\u{2028}\u{85}\0", "___"), ("e\u{301}", "e_"),
        ]
    )
    func node(text: String, node: String) throws {
        #expect(GraphiteText.node(text) == node)
        let line = try dotted("{name}.{labels}").line(sample(text, [text: text]))
        #expect(line == "muster.\(node).\(node).\(node) 1.5 1790000000\n")
    }

    @Test("With tags the labels are tags, and the service one")
    func tags() throws {
        let sample = sample("pg_up", ["zone": "b c", "host": "10.0.0.5", "none": ""])
        #expect(
            try tagged().line(sample) == "muster.pg_up;service=orders-db;host=10.0.0.5;zone=b_c 1.5 1790000000\n"
        )
        let own = self.sample("x", ["service": "mine", "name": "n"])
        #expect(try tagged(prefix: "").line(own) == "x;exported_name=n;service=mine 1.5 1790000000\n")
    }

    @Test(
        "Whatever is in a tag, Graphite takes it as one",
        arguments: [
            ("a;b", "a_b", "a_b"), ("~~a", "~~a", "_~a"), ("a!^=b", "a___b", "a!^=b"), ("ü\"{}", "ü\"{}", "ü\"{}"),
            ("a b\n\u{a0}\u{2003}\u{1f}c", "a_b____c", "a_b____c"), ("{x=\"y\"}", "{x_\"y\"}", "{x=\"y\"_"),
            (";", "_", "_"), ("~", "~", "_"),
        ]
    )
    func tag(text: String, name: String, value: String) throws {
        #expect(GraphiteText.tagName(text) == name)
        #expect(GraphiteText.tagValue(text) == value)
        let line = try tagged().line(sample("m", [text: text]))
        #expect(line == "muster.m;service=orders-db;\(name)=\(value) 1.5 1790000000\n")
        #expect(line.split(whereSeparator: \.isWhitespace).count == 3)
    }

    @Test("Numbers keep their digits; what is no number is refused")
    func numbers() throws {
        let values: [Double] = [
            0, -0.0, 1e300, -.leastNonzeroMagnitude, 0.1, 1 / 3, .greatestFiniteMagnitude, 123_456_789_012_345_680,
        ]
        for value in values {
            var sample = sample("m", [:])
            sample.value = value
            let word = try #require(try dotted().line(sample).split(separator: " ").dropFirst().first)
            #expect(Double(word) == value)
        }
        for (value, word) in [(Double.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf")] {
            var sample = sample("m", [:])
            sample.value = value
            let error = #expect(throws: GraphiteFormat.Problem.self) { _ = try dotted().line(sample) }
            #expect(error?.message == "graphite stores no \(word)")
        }
    }

    @Test(
        "Times that Graphite cannot store are refused",
        arguments: [.min, -1000, -1, 0, 999, 4_294_967_296_000, .max]
    )
    func times(time: Int64) {
        var sample = sample("m", [:])
        sample.timestamp = time
        #expect(throws: GraphiteFormat.Problem.self) { _ = try dotted().line(sample) }
    }

    @Test("What is longer than carbon or a file system takes is refused")
    func lengths() throws {
        #expect(try !dotted("{name}").line(sample(String(repeating: "n", count: 251), [:])).isEmpty)
        #expect(throws: GraphiteFormat.Problem.self) {
            _ = try dotted("{name}").line(sample(String(repeating: "n", count: 252), [:]))
        }
        let labels = LabelSet((0..<30).map { Label("l\($0)", String(repeating: "v", count: 200)) })
        #expect(throws: GraphiteFormat.Problem.self) { _ = try dotted().line(sample("m", labels)) }
        #expect(try tagged().line(sample("m", labels)).utf8.count > 6000)
        #expect(throws: GraphiteFormat.Problem.self) {
            _ = try tagged().line(sample("m", ["a": String(repeating: "v", count: 17_000)]))
        }
        #expect(throws: GraphiteFormat.Problem.self) { _ = try dotted("{name}", prefix: "").line(sample("", [:])) }
        #expect(throws: GraphiteFormat.Problem.self) { _ = try tagged(prefix: "").line(sample("", ["a": "b"])) }
    }

    @Test("An alert is 1 while it goes on, and 0 at its end")
    func alerts() throws {
        var alert = Records.alert
        #expect(
            try dotted().line(alert, time: 1_790_000_001_999)
                == "muster.alarm.up.orders-db.connections.db.orders 1 1790000001\n"
        )
        alert.state = .resolved
        alert.status = .down
        alert.end = 1_790_000_060_000
        alert.labels = ["status": "x", "db": "orders"]
        #expect(
            try tagged().line(alert, time: 1_790_000_099_000)
                == "muster.alarm;stat=connections;status=DOWN_ALERT;service=orders-db;db=orders;exported_status=x 0 1790000060\n"
        )
    }

    private func sample(_ name: String, _ labels: LabelSet) -> Sample {
        Sample(name: name, service: "orders-db", labels: labels, value: 1.5, timestamp: 1_790_000_000_123)
    }

    private func dotted(
        _ template: String = "{service}.{name}.{labels}",
        prefix: String = "muster"
    ) throws -> GraphiteFormat {
        GraphiteFormat(prefix: prefix, template: try GraphiteTemplate(template), isTagged: false)
    }

    private func tagged(prefix: String = "muster") throws -> GraphiteFormat {
        GraphiteFormat(prefix: prefix, template: try GraphiteTemplate("{name}"), isTagged: true)
    }
}
