import ExportingModules
import Testing
import Transport

@testable import ExportingModules

@Suite("What an HTTP answer says about records")
struct HTTPOutcomeTests {
    /// 2026-11-21T21:43:57Z.
    private static let now: Int64 = 1_795_297_437_000

    @Test("Success is accepted", arguments: [200, 201, 202, 204, 299])
    func success(status: Int) {
        #expect(of(status) == .accepted)
    }

    @Test("What credentials may mend is sent again after 30 seconds", arguments: [401, 403, 407])
    func credentials(status: Int) {
        #expect(of(status, "no\n") == .retry(after: .seconds(30), reason: "status \(status): no"))
    }

    @Test("What another address may mend is sent again after 30 seconds", arguments: [404, 405])
    func address(status: Int) {
        #expect(of(status) == .retry(after: .seconds(30), reason: "status \(status)"))
    }

    @Test("What passes is sent again, when the server says", arguments: [408, 429, 500, 502, 503, 504, 507, 599])
    func busy(status: Int) {
        #expect(of(status) == .retry(after: nil, reason: "status \(status)"))
        let wait = of(status, headers: [HTTPHeader("retry-after", "17")])
        #expect(wait == .retry(after: .seconds(17), reason: "status \(status)"))
    }

    @Test("Too large is said to be too large")
    func tooLarge() {
        #expect(of(413, "big") == .tooLarge(reason: "status 413: big"))
    }

    @Test(
        "Other refusals are rejected with the beginning of the body",
        arguments: [400, 402, 406, 409, 410, 415, 422, 431]
    )
    func rejected(status: Int) {
        #expect(of(status, "bad  thing\r\n at 3\n") == .rejected(reason: "status \(status): bad thing at 3"))
    }

    @Test("Only 400 and 422 may be about some records of a batch")
    func aboutRecords() {
        for status in 400..<500 {
            #expect(HTTPOutcome.isAboutRecords(HTTPScript.response(status)) == (status == 400 || status == 422))
        }
    }

    @Test("A redirect is sent again, and its target named")
    func redirect() {
        let outcome = of(302, headers: [HTTPHeader("Location", "https://other/write")])
        #expect(
            outcome == .retry(after: .seconds(30), reason: "status 302: the server redirects to https://other/write")
        )
        #expect(of(304) == .retry(after: .seconds(30), reason: "status 304: the server redirects"))
    }

    @Test("A status that does not exist is never taken for success", arguments: [0, 99, 100, 199, 600, 999, -1])
    func strange(status: Int) {
        guard case .retry = of(status) else {
            Issue.record("\(of(status))")
            return
        }
    }

    @Test("A failed exchange is sent again, one that a person has to mend later")
    func failure() {
        for code in [HTTPError.Code.connection, .resolution, .tls, .timedOut, .tooLarge, .protocolViolation, .system] {
            #expect(HTTPOutcome.of(HTTPError(code: code, message: "why")) == .retry(after: nil, reason: "why"))
        }
        let bad = HTTPOutcome.of(HTTPError(code: .badRequest, message: "why"))
        #expect(bad == .retry(after: .seconds(30), reason: "why"))
    }

    @Test(
        "Retry-After is seconds or a date, ten minutes at most",
        arguments: [
            ("0", Duration.seconds(0)), ("5", .seconds(5)), ("600", .seconds(600)), ("601", .seconds(600)),
            ("99999999999999999999999", .seconds(600)), ("Sat, 21 Nov 2026 21:44:00 GMT", .seconds(3)),
            ("Sat, 21 Nov 2026 21:43:00 GMT", .zero), ("Sat, 21 Nov 2099 21:43:00 GMT", .seconds(600)),
            ("", nil), ("-5", nil), ("1.5", nil), ("5s", nil), ("soon", nil), ("Sat, 21 Nov 2026 21:44:00 CET", nil),
            ("Sat, 21 Xxx 2026 21:44:00 GMT", nil), ("Sat, 2a Nov 2026 21:44:00 GMT", nil),
            ("Sat, 21 Nov 2026 25:44:00 GMT", nil), ("٣", nil),
        ] as [(String, Duration?)]
    )
    func retryAfter(text: String, wait: Duration?) {
        #expect(HTTPOutcome.wait(text, at: Self.now) == wait)
    }

    @Test("A reason is one bounded line that moves no cursor")
    func excerpt() {
        #expect(HTTPOutcome.excerpt("a\u{1b}[2Jb\u{7}\u{2028}c") == "a\\u{1b}[2Jb\\u{7}\\u{2028}c")
        #expect(HTTPOutcome.excerpt("  \n\t ") == "")
        let long = HTTPOutcome.excerpt(String(repeating: "x", count: 100_000))
        #expect(long == String(repeating: "x", count: 300) + "…")
        let body = [UInt8](repeating: 0xff, count: 5000)
        let response = Transport.HTTPResponse(status: 400, body: body)
        #expect(HTTPOutcome.reason(response).utf8.count < 1500)
    }

    private func of(_ status: Int, _ text: String = "", headers: [HTTPHeader] = []) -> DeliveryOutcome {
        HTTPOutcome.of(HTTPScript.response(status, headers: headers, text: text), at: Self.now)
    }
}

@Suite("Dates in HTTP headers")
struct HTTPDateTests {
    @Test(
        "A date is read as seconds since 1970",
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Int64(0)), ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199), ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
            ("Wed, 31 Dec 1969 23:59:59 GMT", -1), ("Fri, 31 Dec 9999 23:59:60 GMT", 253_402_300_800),
        ]
    )
    func date(text: String, seconds: Int64) {
        #expect(HTTPDate.seconds(text) == seconds)
    }

    @Test(
        "Other forms are no dates",
        arguments: [
            "", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 GMT ",
            "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT", "éun, 06 Nov 1994 08:49:37 GM",
        ]
    )
    func noDate(text: String) {
        #expect(HTTPDate.seconds(text) == nil)
    }
}
