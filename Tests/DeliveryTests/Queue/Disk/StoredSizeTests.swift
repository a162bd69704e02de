import Testing

@testable import Delivery

@Suite struct StoredSizeTests {
    @Test func growsByPages() {
        #expect(StoredSize.row(0) == 16)
        #expect(StoredSize.row(4_000) == 4_016)
        // More than fits beside others goes to pages of its own.
        #expect(StoredSize.row(5_000) > 4_096)
        #expect((0..<50_000).allSatisfy { StoredSize.row($0) > $0 && StoredSize.row($0) < $0 + 2 * 4_096 })
        #expect(StoredSize.row(-5) == 16)
    }
}
