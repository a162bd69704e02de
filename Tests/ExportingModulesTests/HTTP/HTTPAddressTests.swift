import Testing

@testable import ExportingModules

@Suite("Addresses of servers")
struct HTTPAddressTests {
    @Test("A base loses the slash at its end, and paths and queries are put behind it")
    func base() throws {
        let address = try HTTPAddress("https://[::1]:8086/influx//", isEndpoint: false)
        #expect(address.base == "https://[::1]:8086/influx")
        #expect(address.url("/write") == "https://[::1]:8086/influx/write")
        let url = address.url("/write", query: [("db", "a b&c=d/é\"\n"), ("precision", "ms")])
        #expect(url == "https://[::1]:8086/influx/write?db=a%20b%26c%3Dd%2F%C3%A9%22%0A&precision=ms")
    }

    @Test("An endpoint stays as it is", arguments: ["http://h", "http://h/", "HTTP://h:1/a/?x=1&y=?", "https://h?x"])
    func endpoint(text: String) throws {
        #expect(try HTTPAddress(text, isEndpoint: true).url == text)
    }

    @Test(
        "What is no address is said in words",
        arguments: [
            ("", "does not begin"), ("localhost:8086", "does not begin"), ("ftp://h", "does not begin"),
            ("http:/h", "does not begin"), ("http://", "no host"), ("http:///path", "no host"),
            ("http://:80", "no host"),
            ("http://user:secret@h/", "user name"), ("http://h/#a", "fragment"), ("http://h /", "blank"),
            ("http://h/\r\nX: y", "blank"), ("http://h/é", "blank"), ("http://[]/", "no host"),
        ]
    )
    func problems(text: String, words: String) {
        let problem = #expect(throws: HTTPAddress.Problem.self) { _ = try HTTPAddress(text, isEndpoint: true) }
        #expect(problem?.message.contains(words) == true)
        #expect(problem?.message.contains("secret") != true)
    }

    @Test("A base has no query")
    func noQuery() {
        #expect(throws: HTTPAddress.Problem.self) { _ = try HTTPAddress("http://h/?db=x", isEndpoint: false) }
    }

    @Test("Text in JSON is escaped, and stays UTF-8")
    func json() {
        var bytes: [UInt8] = []
        bytes.append(jsonString: "a\"b\\c\n\r\t\u{0}\u{1f}\u{7f}é\u{2028}/")
        #expect(String(decoding: bytes, as: UTF8.self) == "\"a\\\"b\\\\c\\n\\r\\t\\u0000\\u001f\u{7f}é\u{2028}/\"")
    }

    @Test(
        "Numbers are written as in all formats",
        arguments: [
            0, -0.0, 1, -1, 1.5, 9_007_199_254_740_991, 9_007_199_254_740_992, -9_007_199_254_740_994, 1e15, 1e16, 1e18,
            1e19, -1e19,
            1e300, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0.1, 1 / 3, .nan, .infinity, -.infinity,
        ]
    )
    func numbers(value: Double) {
        var bytes: [UInt8] = []
        bytes.append(number: value)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text == NumberFormat.plain(value))
        #expect(value.isNaN || Double(text)?.bitPattern == value.bitPattern)
    }
}
