import Analysis
import Testing

@Suite("Values of a table")
struct RecordedValuesTests {
    static func rows(
        _ text: String,
        value: RecordedValues.Column? = nil,
        time: RecordedValues.Column? = nil
    ) throws -> [String] {
        var reader = RecordedValues(valueColumn: value, timeColumn: time)
        var rows: [String] = []
        func take(_ row: RecordedValues.Row) {
            rows.append((row.time.map { "\($0) " } ?? "") + "\(row.value)")
        }
        try reader.read(text.utf8) { take($0) }
        try reader.finish { take($0) }
        return rows
    }

    @Test("Values alone, with or without a header")
    func valuesOnly() throws {
        #expect(try Self.rows("1\n2.5\n-3e2\n") == ["1.0", "2.5", "-300.0"])
        #expect(try Self.rows("load\n1\n") == ["1.0"])
        #expect(try Self.rows("\"load, mean\"\n1\n") == ["1.0"])
    }

    @Test("Time and value, in that order without a header, by name with one")
    func timeAndValue() throws {
        #expect(try Self.rows("1750000000,5\n1750000015,6\n") == ["1750000000000 5.0", "1750000015000 6.0"])
        #expect(try Self.rows("load,Time\n5,1750000000\n") == ["1750000000000 5.0"])
        #expect(try Self.rows("2025-06-15 12:00:00;5,5\n") == ["1749988800000 5.5"])
        #expect(try Self.rows("cpu,load\n1,2\n") == ["1.0"])
    }

    @Test("Columns by name or by number")
    func columns() throws {
        let table = "host,time,load,temp\na,1750000000,1,20\nb,1750000001,2,21\n"
        #expect(try Self.rows(table, value: .named("temp")) == ["1750000000000 20.0", "1750000001000 21.0"])
        #expect(try Self.rows(table, value: .number(3)) == ["1750000000000 1.0", "1750000001000 2.0"])
        #expect(try Self.rows(table, value: .named("4"), time: .named("load")) == ["1000 20.0", "2000 21.0"])
        #expect(try Self.rows("1,2,3\n", value: .number(1)) == ["1.0"])
        #expect(try Self.rows("1,2,3\n", value: .named("3")) == ["1000 3.0"])
        #expect(try Self.rows("1,2,3\n", value: .number(1), time: .number(3)) == ["3000 1.0"])
    }

    @Test("Missing and infinite values")
    func special() throws {
        let rows = try Self.rows("v\n\"\"\nNaN\nnull\nNA\n-\n+Inf\n-inf\n")
        #expect(rows == ["nan", "nan", "nan", "nan", "nan", "inf", "-inf"])
    }

    static let errors: [(String, RecordedValues.Column?, RecordedValues.Column?, String)] = [
        ("", nil, nil, "line 1: there is nothing in the table"),
        ("1\nx\n", nil, nil, "line 2: \"x\" is not a number"),
        ("1\n\u{1B}[31m\n", nil, nil, "line 2: \"\u{FFFD}[31m\" is not a number"),
        ("1\n1e999\n", nil, nil, "line 2: \"1e999\" is not a number"),
        ("1\n0x10\n", nil, nil, "line 2: \"0x10\" is not a number"),
        ("1750000000,1\nyesterday,1\n", nil, nil, "line 2: \"yesterday\" is not a time"),
        ("1,2\n1\n", nil, nil, "line 2: there are 1 columns, the values are in number 2"),
        ("a,b\n1,2\n", .named("c"), nil, "line 1: there is no column \"c\"; there are \"a\", \"b\""),
        ("a,b\n1,2\n", .number(3), nil, "line 1: there is no column 3; there are 2"),
        ("a,b\n1,2\n", .number(0), nil, "line 1: there is no column 0; there are 2"),
        ("a,b\n1,2\n", .number(1), .named("a"), "line 1: time and values cannot be in one column"),
        ("time\n1\n", nil, nil, "line 1: no column is left for the values"),
    ]

    @Test("What cannot be read is said with its line", arguments: errors)
    func refuses(text: String, value: RecordedValues.Column?, time: RecordedValues.Column?, message: String) throws {
        let error = #expect(throws: CSVError.self) { try Self.rows(text, value: value, time: time) }
        #expect(error?.description == message)
    }

    @Test("A comma is a point only where it does not separate")
    func decimalComma() throws {
        #expect(try Self.rows("a;b\n1,5;2\n", value: .number(1)) == ["1.5"])
        #expect(throws: CSVError.self) { try Self.rows("1,2\n1,\"2,5\"\n") }
        #expect(throws: CSVError.self) { try Self.rows("1;2\n1;2,500,000\n") }
    }

    static let times: [(String, Int64?)] = [
        ("0", 0), ("1750000000", 1_750_000_000_000), ("1750000000.25", 1_750_000_000_250),
        ("1750000000123", 1_750_000_000_123), ("1750000000123456", 1_750_000_000_123),
        ("1750000000123456789", 1_750_000_000_123), ("-15", -15_000),
        ("2025-06-15", 1_749_945_600_000), ("2025-06-15T12:00", 1_749_988_800_000),
        ("2025-06-15T12:00:00Z", 1_749_988_800_000), ("2025-06-15 14:00:00+02:00", 1_749_988_800_000),
        ("2025-06-15T07:30:00.1239-0430", 1_749_988_800_123), ("2025-06-15T12:00:00,5z", 1_749_988_800_500),
        ("2024-02-29", 1_709_164_800_000), ("1969-12-31T23:59:59.999", -1), ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ("2025-02-29", nil), ("2025-13-01", nil), ("2025-06-15T24:00", nil), ("2025-06-15T12:00+", nil),
        ("2025-06-15T12:00:00.Z", nil), ("2025-6-15", nil), ("", nil), ("now", nil), ("1e300", nil), ("NaN", nil),
        ("2025-06-15T12:00:00Zulu", nil), ("99999-01-01", nil),
    ]

    @Test("Times of all kinds", arguments: times)
    func time(text: String, milliseconds: Int64?) {
        #expect(TimeText.milliseconds(text) == milliseconds)
    }

    @Test(
        "A time that is written is read again",
        arguments: [0, -1, 951_782_400_000, 1_709_164_800_123, 253_402_300_799_999]
    )
    func writesTime(time: Int64) {
        #expect(TimeText.milliseconds(TimeText.iso8601(time)) == time)
    }

    @Test("Times out of range are written as the nearest that can be")
    func writesExtremes() {
        #expect(TimeText.iso8601(.min) == "0001-01-01T00:00:00Z")
        #expect(TimeText.iso8601(.max) == "9999-12-31T23:59:59.999Z")
    }
}
