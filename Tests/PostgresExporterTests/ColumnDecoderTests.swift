import QueryFiles
import TestSupport
import Testing

@testable import PostgresExporter

@Suite struct ColumnDecoderTests {
    private func decode(_ type: UInt32, _ text: String) -> ColumnValue {
        withBytes(text) { ColumnDecoder(type: type).value($0) }
    }

    @Test(
        arguments: [
            (20, "9223372036854775807", .integer(.max)), (20, "-9223372036854775808", .integer(.min)),
            (21, "-1", .integer(-1)), (23, "0", .integer(0)), (26, "4294967295", .integer(4_294_967_295)),
            (28, "731", .integer(731)), (5069, "18446744073", .integer(18_446_744_073)),
        ] as [(UInt32, String, ColumnValue)]
    )
    func integersOfEveryWidth(type: UInt32, text: String, value: ColumnValue) {
        #expect(decode(type, text) == value)
    }

    @Test(
        arguments: [
            (701, "0.1", 0.1), (701, "-1.5e-300", -1.5e-300), (700, "3.5", 3.5), (701, "Infinity", .infinity),
            (701, "-Infinity", -.infinity), (1700, "100000000000000000000000", 1e23),
            (1700, "0.001", 0.001),
        ] as [(UInt32, String, Double)]
    )
    func numbersWithFractions(type: UInt32, text: String, value: Double) {
        #expect(decode(type, text) == .real(value))
    }

    @Test func notANumberIsANumber() {
        guard case .real(let value) = decode(701, "NaN") else {
            Issue.record("not a real")
            return
        }
        #expect(value.isNaN)
    }

    @Test func wholeNumericsStayExact() {
        #expect(decode(1700, "9007199254740993") == .integer(9_007_199_254_740_993))
    }

    @Test func truthValues() {
        #expect(decode(16, "t") == .bool(true))
        #expect(decode(16, "f") == .bool(false))
    }

    @Test(
        arguments: [
            ("0/0", 0), ("0/16B3748", 0x16B_3748), ("16/B374D848", 0x16_B374_D848), ("7FFFFFFF/FFFFFFFF", .max),
        ] as [(String, Int64)]
    )
    func positionsInTheLogAreBytes(text: String, value: Int64) {
        #expect(decode(3220, text) == .integer(value))
    }

    @Test(arguments: [25, 19, 1043, 114, 869, 999_999] as [UInt32])
    func everythingElseIsText(type: UInt32) {
        #expect(decode(type, "a,b \"c\"\n") == .text("a,b \"c\"\n"))
        #expect(decode(type, "") == .text(""))
    }

    @Test func bytesThatAreNotUTF8AreReplaced() {
        let value = withBytes([0x61, 0xFF, 0xFE, 0x62]) { ColumnDecoder(type: 25).value($0) }
        #expect(value == .text("a\u{FFFD}\u{FFFD}b"))
    }

    @Test func arraysDecodeTheirItems() {
        #expect(decode(1016, "{1,NULL,-3}") == .array([.integer(1), .null, .integer(-3)]))
        #expect(decode(1022, "{0.5,Infinity}") == .array([.real(0.5), .real(.infinity)]))
        #expect(decode(1009, "{a,\"b,c\",\"NULL\"}") == .array([.text("a"), .text("b,c"), .text("NULL")]))
        #expect(decode(1000, "{t,f}") == .array([.bool(true), .bool(false)]))
        #expect(decode(1016, "{}") == .array([]))
    }

    @Test(
        arguments: [
            (23, ""), (23, "12x"), (23, "9223372036854775808"), (23, "-"), (701, "1.5abc"), (701, ""), (16, "true"),
            (1184, "yesterday"), (1186, "PT"), (3220, "16"), (3220, "/1"), (3220, "123456789/0"), (1016, "1,2"),
            (1016, "{1,2"), (1016, "{{1},{2}}"),
        ] as [(UInt32, String)]
    )
    func whatCannotBeReadStaysVisibleAsText(type: UInt32, text: String) {
        #expect(decode(type, text) == .text(text))
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func noBytesCanTrap(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("0123456789-+:. {}[]=,\"\\NULPTYDHMS/eEinfBC".utf8) + [0xFF, 0x00]
        let types: [UInt32] = [20, 701, 1700, 16, 1184, 1082, 1186, 3220, 1016, 1022, 1009, 1185, 1187, 25]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...24, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0
            }
            let type = types.randomElement(using: &generator) ?? 25
            _ = withBytes(bytes) { ColumnDecoder(type: type).value($0) }
        }
    }
}
