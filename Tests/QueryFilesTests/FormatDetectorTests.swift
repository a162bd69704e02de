import QueryFiles
import Testing

@Suite struct FormatDetectorTests {
    @Test func usageAndTypeInOneFileAreAnError() {
        let (queries, problems) = parse(
            """
            a:
              query: SELECT 1
              metrics: [{b: {type: GAUGE}}]
            c:
              query: SELECT 1
              metrics: [{d: {usage: GAUGE}}]
            """
        )
        #expect(queries == [])
        #expect(
            problems == [
                "q.yaml:6:18: c.metrics[0].d.usage: \"usage\" here and \"type\" in line 3 mix two formats: hubble's has "
                    + "\"type\", postgres_exporter's has \"usage\""
            ]
        )
    }

    @Test func usageAndTypeOfOneColumnAreAnError() {
        #expect(
            parse("a: {query: SELECT 1, metrics: [{b: {usage: GAUGE, type: GAUGE}}]}").problems == [
                "q.yaml:1:51: a.metrics[0].b.type: \"type\" here and \"usage\" in line 1 mix two formats: hubble's has "
                    + "\"type\", postgres_exporter's has \"usage\""
            ]
        )
    }

    @Test func aFileWithNeitherSaysWhatIsExpected() {
        #expect(
            parse("a: {query: SELECT 1, metrics: [{b: {usge: GAUGE}}]}").problems == [
                "q.yaml:1:1: cannot tell the format: expected \"queries:\" with a list (Muster's), or metrics with a "
                    + "\"usage\" (postgres_exporter's) or a \"type\" (hubble's)"
            ]
        )
    }

    @Test func sqlExportersFormatIsNamed() {
        #expect(
            parse("collector_name: c\nmetrics: []").problems == [
                "q.yaml:1:1: this is sql_exporter's format, which is not supported; supported are Muster's, hubble's and "
                    + "postgres_exporter's"
            ]
        )
    }

    @Test(arguments: ["queries", "named", "metrics"])
    func aNamespaceMayBeCalledLikeAKeyOfTheNativeFormat(_ name: String) {
        let (queries, problems) = parse("\(name): {query: SELECT 1, metrics: [{b: {usage: GAUGE}}]}")
        #expect(problems == [])
        #expect(queries.map(\.format) == [.postgresExporter])
        #expect(queries.map(\.name) == [name])
    }
}
