import Testing

@testable import Delivery

/// The values of RFC 3720, appendix B.4, and the one of the usual catalogues.
@Suite struct CRC32CTests {
    @Test func agreesWithTheStandard() {
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xe306_9283)
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
        #expect(CRC32C.checksum([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
        #expect(CRC32C.checksum((0..<32).map { UInt8($0) }) == 0x46dd_794e)
        #expect(CRC32C.checksum([]) == 0)
    }

    @Test func canBeContinuedAnywhere() {
        let bytes = (0..<100).map { UInt8($0 * 7 % 251) }
        let whole = CRC32C.checksum(bytes)
        for cut in 0...bytes.count {
            #expect(CRC32C.checksum(Array(bytes[cut...]), after: CRC32C.checksum(Array(bytes[..<cut]))) == whole)
        }
        #expect(CRC32C.checksum(0x0807_0605_0403_0201, after: 0) == CRC32C.checksum([1, 2, 3, 4, 5, 6, 7, 8]))
    }
}
