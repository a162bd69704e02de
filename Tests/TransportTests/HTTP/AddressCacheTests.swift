import Testing

@testable import Transport

@Suite struct AddressCacheTests {
    @Test func addressesAreKeptForAMinute() {
        var cache = AddressCache()
        let now = ContinuousClock.now
        cache.store(["192.0.2.1"], of: "a", at: now)
        #expect(cache.addresses(of: "a", at: now + .seconds(59)) == ["192.0.2.1"])
        #expect(cache.addresses(of: "a", at: now + .seconds(60)) == nil)
        cache.forget("a")
        #expect(cache.addresses(of: "a", at: now) == nil)
    }

    @Test func theCacheIsBounded() {
        var cache = AddressCache()
        let now = ContinuousClock.now
        for number in 0..<10_000 { cache.store(["192.0.2.1"], of: "host\(number)", at: now) }
        #expect(cache.count <= 4096)
        #expect(cache.addresses(of: "host9999", at: now) == ["192.0.2.1"])
    }
}
