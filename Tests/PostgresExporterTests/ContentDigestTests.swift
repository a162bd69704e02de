import Testing

@testable import PostgresExporter

@Suite struct ContentDigestTests {
    private func digest(_ text: String) -> String {
        var digest = ContentDigest()
        digest.update(text.utf8)
        return digest.description
    }

    /// Vectors of FNV-1a with 128 bits.
    @Test func theDigestIsTheSameEverywhere() {
        #expect(digest("") == "6c62272e07bb014262b821756295c58d")
        #expect(digest("a") == "d228cb696f1a8caf78912b704e4a8964")
        #expect(digest("foobar") == "343e1662793c64bf6f0d3597ba446f18")
    }
}
