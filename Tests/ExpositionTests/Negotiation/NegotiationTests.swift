import Testing

@testable import Exposition

struct NegotiationTests {
    private static let prometheus =
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        + "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
        + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"

    @Test(
        arguments: [
            (nil, "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"),
            ("", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"),
            ("*/*", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"),
            (prometheus, "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8"),
            ("text/plain", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"),
            ("text/plain;version=1.0.0", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"),
            (
                "application/openmetrics-text",
                "application/openmetrics-text; version=0.0.1; charset=utf-8; escaping=underscores"
            ),
            (
                "application/openmetrics-text;version=0.0.1",
                "application/openmetrics-text; version=0.0.1; charset=utf-8; escaping=underscores"
            ),
            (
                "application/openmetrics-text;version=2.0.0",
                "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
            ),
            (
                "text/plain;version=0.0.4;q=0.5, application/openmetrics-text; version=1.0.0; escaping=dots",
                "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=dots"
            ),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.9,text/plain;q=0.2",
                "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
            ),
            ("text/plain;escaping=nonsense", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"),
            ("text/plain;escaping=values;charset=utf-8", "text/plain; version=0.0.4; charset=utf-8; escaping=values"),
            (
                "application/openmetrics-text;version=1.0.0;q=0",
                "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
            ),
            ("garbage", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"),
        ] as [(String?, String)]
    )
    func theBestFormatIsChosen(accept: String?, contentType: String) {
        #expect(ExpositionFormat.negotiate(accept: accept).contentType == contentType)
    }

    @Test func anEscapingSticksThoughItsClauseChoosesNothing() {
        let accept = "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3"
        let format = ExpositionFormat.negotiate(accept: accept)
        #expect(format == ExpositionFormat(syntax: .text004, escaping: .allowUTF8))
    }

    @Test(
        arguments: [
            (nil, ContentEncoding.identity), ("", .identity), ("gzip", .gzip), ("zstd", .zstd), ("gzip, zstd", .gzip),
            ("zstd, gzip", .gzip), ("gzip;q=0.5, zstd;q=0.8", .zstd), ("*", .identity), ("gzip;q=0", .identity),
            ("gzip;q=0, *;q=0", .identity), ("identity;q=0.5, gzip;q=0.4", .identity),
            ("identity;q=0.1, gzip;q=0.4", .gzip),
            ("br, deflate", .identity), ("br, gzip;q=0.9", .gzip), ("gzip;level=9", .identity),
            ("gzip; q=0.8 , br", .gzip),
            ("GZIP", .gzip), ("gzip;q=x", .identity), (";;;", .identity), ("gzip, *", .identity),
            ("gzip;q=1.000", .gzip),
        ] as [(String?, ContentEncoding)]
    )
    func theBestEncodingIsChosen(header: String?, expected: ContentEncoding) {
        #expect(ContentEncoding.negotiate(acceptEncoding: header) == expected)
    }

    @Test func hugeHeadersCostLittle() {
        let clauses = String(repeating: "a/b;c=d;e=f,", count: 100_000)
        let parsed = AcceptHeader(clauses + "application/openmetrics-text")
        #expect(parsed.clauses.count <= AcceptHeader.clauseLimit)
        #expect(ExpositionFormat.negotiate(accept: clauses).syntax == .text004)
        #expect(
            ContentEncoding.negotiate(acceptEncoding: String(repeating: "x,", count: 100_000) + "gzip") == .identity
        )
        let parameters = "text/plain" + String(repeating: ";escaping=values", count: 10_000)
        #expect(AcceptHeader(parameters).clauses.allSatisfy { $0.parameters.count <= AcceptHeader.parameterLimit })
    }
}
