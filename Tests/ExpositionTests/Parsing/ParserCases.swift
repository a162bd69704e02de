// Inputs and errors of Prometheus' own tests of its text parser.

/// What Prometheus' parser says to an input; an empty error means that it takes it.
struct ParserCase: Sendable {
    var input: [UInt8]
    var error: String
}

extension ParserCase {
    static let errors: [ParserCase] = [
        ParserCase(
            input: Array("a".utf8),
            error: "expected value after metric, got \"\\n\" (\"INVALID\") while parsing: \"a\\n\""
        ),
        ParserCase(
            input: Array("a{b='c'} 1\n".utf8),
            error: "expected label value, got \"'\" (\"INVALID\") while parsing: \"a{b='\""
        ),
        ParserCase(
            input: Array("a{b=\n".utf8),
            error: "expected label value, got \"\\n\" (\"INVALID\") while parsing: \"a{b=\\n\""
        ),
        ParserCase(
            input: [0x61, 0x7B, 0xFF, 0x3D, 0x22, 0x66, 0x6F, 0x6F, 0x22, 0x7D, 0x20, 0x31, 0x0A],
            error: "expected label name, got \"\\xff\" (\"INVALID\") while parsing: \"a{\\xff\""
        ),
        ParserCase(
            input: [0x61, 0x7B, 0x62, 0x3D, 0x22, 0xFF, 0x22, 0x7D, 0x20, 0x31, 0x0A],
            error: "invalid UTF-8 label value: \"\\\"\\xff\\\"\""
        ),
        ParserCase(
            input: Array("{\"a\", \"b = \"c\"}".utf8),
            error: "expected equal, got \"c\\\"\" (\"LNAME\") while parsing: \"{\\\"a\\\", \\\"b = \\\"c\\\"\""
        ),
        ParserCase(
            input: Array("{\"a\",b\\nc=\"d\"} 1".utf8),
            error: "expected equal, got \"\\\\\" (\"INVALID\") while parsing: \"{\\\"a\\\",b\\\\\""
        ),
        ParserCase(
            input: Array("a true\n".utf8),
            error: "strconv.ParseFloat: parsing \"true\": invalid syntax while parsing: \"a true\""
        ),
        ParserCase(
            input: Array("something_weird{problem=\"".utf8),
            error:
                "expected label value, got \"\\\"\\n\" (\"INVALID\") while parsing: \"something_weird{problem=\\\"\\n\""
        ),
        ParserCase(
            input: Array("empty_label_name{=\"\"} 0".utf8),
            error: "expected label name, got \"=\\\"\" (\"EQUAL\") while parsing: \"empty_label_name{=\\\"\""
        ),
        ParserCase(
            input: Array("{A}0".utf8),
            error: "expected equal, got \"}0\" (\"BCLOSE\") while parsing: \"{A}0\""
        ),
        ParserCase(
            input: Array("foo 1_2\n".utf8),
            error: "unsupported character in float while parsing: \"foo 1_2\""
        ),
        ParserCase(
            input: Array("foo 0x1p-3\n".utf8),
            error: "unsupported character in float while parsing: \"foo 0x1p-3\""
        ),
        ParserCase(
            input: Array("foo 0x1P-3\n".utf8),
            error: "unsupported character in float while parsing: \"foo 0x1P-3\""
        ),
        ParserCase(
            input: Array("foo 0 1_2\n".utf8),
            error: "expected next entry after timestamp, got \"_\" (\"INVALID\") while parsing: \"foo 0 1_\""
        ),
        ParserCase(
            input: Array("{a=\"ok\"} 1".utf8),
            error: "metric name not set while parsing: \"{a=\\\"ok\\\"} 1\""
        ),
        ParserCase(
            input: Array("# TYPE #\n#EOF\n".utf8),
            error: "expected metric name after TYPE, got \"#\" (\"INVALID\") while parsing: \"# TYPE #\""
        ),
        ParserCase(
            input: Array("# HELP #\n#EOF\n".utf8),
            error: "expected metric name after HELP, got \"#\" (\"INVALID\") while parsing: \"# HELP #\""
        ),
    ]
}

extension ParserCase {
    static let zeroBytes: [ParserCase] = [
        ParserCase(
            input: Array("null_byte_metric{a=\"abc\0\"} 1".utf8),
            error: ""
        ),
        ParserCase(
            input: Array("a{b=\"\0ss\"} 1\n".utf8),
            error: ""
        ),
        ParserCase(
            input: Array("a{b=\"\0\"} 1\n".utf8),
            error: ""
        ),
        ParserCase(
            input: Array("a{b=\"\0\"} 1\n".utf8),
            error: ""
        ),
        ParserCase(
            input: Array("a{b=\0\"ssss\"} 1\n".utf8),
            error: "expected label value, got \"\\x00\" (\"INVALID\") while parsing: \"a{b=\\x00\""
        ),
        ParserCase(
            input: Array("a{b=\"\0".utf8),
            error: "expected label value, got \"\\\"\\x00\\n\" (\"INVALID\") while parsing: \"a{b=\\\"\\x00\\n\""
        ),
        ParserCase(
            input: Array("a{b\0=\"hiih\"}\t1".utf8),
            error: "expected equal, got \"\\x00\" (\"INVALID\") while parsing: \"a{b\\x00\""
        ),
        ParserCase(
            input: Array("a\0{b=\"ddd\"} 1".utf8),
            error: "expected value after metric, got \"\\x00\" (\"INVALID\") while parsing: \"a\\x00\""
        ),
        ParserCase(
            input: Array("a 0 1\0".utf8),
            error: "expected next entry after timestamp, got \"\\x00\" (\"INVALID\") while parsing: \"a 0 1\\x00\""
        ),
    ]
}
