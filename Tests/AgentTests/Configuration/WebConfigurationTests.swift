import Testing

@testable import Agent

@Suite struct WebConfigurationTests {
    @Test(arguments: [
        ("127.0.0.1:9877", "127.0.0.1", 9877), ("localhost:0", "localhost", 0), ("[::1]:80", "::1", 80),
        (":9877", "::", 9877), ("[::]:65535", "::", 65535),
    ])
    func addressesAreRead(_ text: String, _ host: String, _ port: Int) throws {
        let address = try #require(WebConfiguration.parseAddress(text))
        #expect(address == (host, port))
    }

    @Test(arguments: [
        "", "localhost", "::1:80", "localhost:", "localhost:-1", "localhost:65536", "a:b", "a:+80", "[::1]80",
    ])
    func whatIsNoAddressIsRefused(_ text: String) {
        #expect(WebConfiguration.parseAddress(text) == nil)
    }

    @Test func addressesAreWrittenAsPeopleWriteThem() {
        #expect(WebConfiguration(host: "::1", port: 80).address == "[::1]:80")
        #expect(WebConfiguration().address == "127.0.0.1:9877")
    }
}
