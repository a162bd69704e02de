import Analysis
import TestSupport
import Testing

@Suite("Tables of text")
struct CSVParserTests {
    static func records(_ text: String, piece: Int = 7, parser: CSVParser = CSVParser()) throws -> [[String]] {
        var parser = parser
        var records: [[String]] = []
        var rest = Array(text.utf8)[...]
        func take(_ record: CSVParser.Record) {
            records.append((0..<record.count).map { record[$0] ?? "nothing" })
        }
        while !rest.isEmpty {
            try parser.read(rest.prefix(piece)) { take($0) }
            rest = rest.dropFirst(piece)
        }
        try parser.finish { take($0) }
        return records
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: String
        var records: [[String]]

        init(_ name: String, _ text: String, _ records: [[String]]) {
            testDescription = name
            self.text = text
            self.records = records
        }
    }

    static let cases = [
        Case("nothing", "", []),
        Case("empty lines", "\n\r\n\n", []),
        Case("a value without an end of line", "1", [["1"]]),
        Case("line ends of all kinds", "1\n2\r\n3\r4\n\n5\r\n\r\n", [["1"], ["2"], ["3"], ["4"], ["5"]]),
        Case("fields", "a,b,c\n1,,3\n,,\n", [["a", "b", "c"], ["1", "", "3"], ["", "", ""]]),
        Case("spaces around fields", " a , b\t\n", [["a , b"]]),
        Case("semicolons", "a;b,c\n1,5;2\n", [["a", "b,c"], ["1,5", "2"]]),
        Case("tabs", "a\tb;c\n1\t2\n", [["a", "b;c"], ["1", "2"]]),
        Case("quotes", "\"a,b\",\"c\"\"d\",\"\"\n", [["a,b", "c\"d", ""]]),
        Case("a semicolon within quotes separates nothing", "\"a;b\",c\n1,2\n", [["a;b", "c"], ["1", "2"]]),
        Case("line breaks within quotes", "\"a\r\nb\",1\n2,3\n", [["a\r\nb", "1"], ["2", "3"]]),
        Case("a quote within a plain field is text", "5\" disk,1\n", [["5\" disk", "1"]]),
        Case("a mark of byte order", "\u{FEFF}a,b\n", [["a", "b"]]),
        Case("a quoted field last", "1,\"2\"", [["1", "2"]]),
        Case("an empty field last", "1,", [["1", ""]]),
    ]

    @Test("Tables are read as they are meant, in pieces of any size", arguments: cases)
    func reads(table: Case) throws {
        for piece in [1, 2, 3, 1000] {
            let parser =
                table.testDescription == "spaces around fields" ? CSVParser(separator: UInt8(ascii: ";")) : CSVParser()
            #expect(try Self.records(table.text, piece: piece, parser: parser) == table.records)
        }
    }

    @Test("Records know their lines")
    func lines() throws {
        var parser = CSVParser()
        var lines: [Int] = []
        try parser.read("\n\na,\"b\nc\"\r\nd\r\r\ne".utf8) { lines.append($0.line) }
        try parser.finish { lines.append($0.line) }
        #expect(lines == [3, 5, 7])
    }

    static let errors: [(String, CSVError)] = [
        ("1\n\"2", CSVError(line: 2, message: "a quoted field has no end")),
        ("1\n\"2\"3\n", CSVError(line: 2, message: "text after a quoted field")),
        ("1\n22222222222\n", CSVError(line: 2, message: "longer than 10 bytes")),
        ("22222222222\n", CSVError(line: 1, message: "longer than 10 bytes")),
        ("1\n\"\n\n\n\n\n\n\n\n\n\n\n\n\"\n", CSVError(line: 2, message: "longer than 10 bytes")),
        ("1,2,3\n1,2,3,4\n", CSVError(line: 2, message: "more than 3 fields")),
    ]

    @Test("What cannot be read is said with its line", arguments: errors)
    func refuses(text: String, error: CSVError) throws {
        for piece in [1, 1000] {
            let parser = CSVParser(longestRecord: 10, mostFields: 3)
            #expect(throws: error) { try Self.records(text, piece: piece, parser: parser) }
        }
    }

    @Test("Any bytes are records or an error, the same for pieces of any size")
    func anyBytes() {
        let alphabet = Array("\",;\t\r\n 1a\u{FEFF}".utf8)
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<3000 {
            let count = Int.random(in: 0...40, using: &generator)
            let bytes = (0..<count).map { _ in alphabet[.random(in: alphabet.indices, using: &generator)] }
            let text = String(decoding: bytes, as: UTF8.self)
            let whole = Result { try Self.records(text, piece: 1000) }
            let parts = Result { try Self.records(text, piece: 1) }
            #expect("\(whole)" == "\(parts)")
        }
    }
}
