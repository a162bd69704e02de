import PostgresClient
import Testing

@Suite("Rows for COPY")
struct CopyTextTests {
    @Test("Fields are separated by tabs, rows ended by line ends, NULL is \\N")
    func rows() {
        var text = CopyText()
        text.field("a")
        text.field(nil)
        text.field(-5 as Int64)
        text.endRow()
        text.field("")
        text.field("NULL")
        text.field(1.5)
        text.endRow()
        #expect(String(decoding: text.bytes, as: UTF8.self) == "a\t\\N\t-5\n\tNULL\t1.5\n")
        #expect(text.rowCount == 2)
    }

    @Test(
        "Nothing in a field can end it or the row",
        arguments: [
            ("a\tb", "a\\tb"), ("a\nb\r", "a\\nb\\r"), ("\\.", "\\\\."), ("\\N", "\\\\N"), ("\\", "\\\\"), ("ü€", "ü€"),
            ("x\\ty", "x\\\\ty"),
        ]
    )
    func escapes(field: String, written: String) {
        var text = CopyText()
        text.field(field)
        #expect(String(decoding: text.bytes, as: UTF8.self) == written)
    }

    @Test(
        "Numbers keep their digits",
        arguments: [
            (0.1, "0.1"), (.nan, "NaN"), (.infinity, "Infinity"), (-.infinity, "-Infinity"), (-0.0, "-0.0"),
        ] as [(Double, String)]
    )
    func numbers(number: Double, written: String) {
        var text = CopyText()
        text.field(number)
        #expect(String(decoding: text.bytes, as: UTF8.self) == written)
    }

    @Test("Names and texts are quoted")
    func quotes() {
        #expect(PostgresText.identifier("a\"b c") == "\"a\"\"b c\"")
        #expect(PostgresText.literal("a'b\\c") == "E'a\\'b\\\\c'")
    }
}
