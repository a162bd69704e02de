import QueryFiles
import Testing

@testable import PostgresExporter

@Suite struct ArrayTextTests {
    private func items(_ text: String) -> [ColumnValue]? {
        withBytes(text) { bytes in
            ArrayText.items(bytes) { .text(String(decoding: $0, as: UTF8.self)) }
        }
    }

    @Test(
        arguments: [
            ("{}", []), ("{a}", [.text("a")]), ("{a,b}", [.text("a"), .text("b")]), ("{NULL}", [.null]),
            ("{\"\"}", [.text("")]), ("{\"a\\\"b\",\"c\\\\d\"}", [.text("a\"b"), .text("c\\d")]),
            ("{\"{}\",\",\"}", [.text("{}"), .text(",")]), ("[2:3]={x,y}", [.text("x"), .text("y")]),
        ] as [(String, [ColumnValue])]
    )
    func itemsAreSplit(text: String, expected: [ColumnValue]) {
        #expect(items(text) == expected)
    }

    @Test(arguments: ["", "{", "}", "a", "{a", "a}", "{{a}}", "{\"a}", "{\"a\"b}", "[1:2]{a}", "[1:2]=", "{a}x"])
    func everythingElseIsNone(text: String) {
        #expect(items(text) == nil)
    }
}
