import Testing

@testable import Agent

struct HTTPDateTests {
    @Test(arguments: [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"), (.max, ""),
    ])
    func momentsAreWrittenAsHTTPWantsThem(seconds: Int, text: String) {
        #expect(HTTPDate.text(seconds) == text)
    }

    @Test func nowIsAfterThisWasWritten() {
        #expect(HTTPDate.now.count == 29 && HTTPDate.now.hasSuffix(" GMT"))
    }
}
