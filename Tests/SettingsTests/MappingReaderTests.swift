import Settings
import Testing

struct MappingReaderTests {
    private func reader(_ text: String, acceptsTemplates: Bool = false) throws -> MappingReader {
        MappingReader(
            try SettingsDocument.parse(text, file: "m.yaml"),
            problems: ProblemList(),
            acceptsTemplates: acceptsTemplates
        )
    }

    @Test func `values are read with their types`() throws {
        let reader = try reader(
            "s: 012\ni: 42\nd: 1.5\nb: true\nt: 1m\nl: [a, 2]\none: x\nm: {a: 1, b: ~}\nc: red\nq: 'yes'\nn: ~\n"
        )
        #expect(reader.string("s") == "012")
        #expect(reader.integer("i", in: 1...100) == 42)
        #expect(reader.number("d") == 1.5)
        #expect(reader.bool("b") == true)
        #expect(reader.duration("t") == .seconds(60))
        #expect(reader.strings("l") == ["a", "2"])
        #expect(reader.strings("one") == ["x"])
        #expect(reader.stringMap("m") == ["a": "1", "b": ""])
        #expect(reader.choice("c", of: ["red": 1, "blue": 2]) == 1)
        #expect(reader.requiredString("q") == "yes")
        #expect(reader.has("n") == false)
        #expect(reader.integer("absent") == nil)
        reader.finish()
        #expect(reader.problems.problems == [])
    }

    @Test(
        arguments: [
            ("k: abc", "m.yaml:1:4: k: expected an integer from 1 to 10, found \"abc\""),
            ("k: 11", "m.yaml:1:4: k: expected an integer from 1 to 10, found \"11\""),
            (
                "k: 99999999999999999999",
                "m.yaml:1:4: k: expected an integer from 1 to 10, found \"99999999999999999999\""
            ),
            ("k: [1]", "m.yaml:1:4: k: expected an integer from 1 to 10, found a list"),
        ]
    )
    func `a wrong integer is named with its place and what was expected`(text: String, expected: String) throws {
        let reader = try reader(text)
        #expect(reader.integer("k", in: 1...10) == nil)
        #expect(reader.problems.problems.map(\.description) == [expected])
    }

    @Test func `wrong numbers, booleans, durations and lists are named`() throws {
        let reader = try reader("a: nan\nb: yes\nc: 15\nd: {x: 1}\ne: 2h\nf: [[1]]\n")
        _ = reader.number("a")
        _ = reader.bool("b")
        _ = reader.duration("c")
        _ = reader.strings("d")
        _ = reader.duration("e", in: .seconds(1) ... .seconds(3600))
        _ = reader.strings("f")
        #expect(
            reader.problems.problems.map(\.message) == [
                "expected a number, found \"nan\"", "expected true or false, found \"yes\"",
                "expected a duration such as 15s or 1m30s, found \"15\"", "expected a list, found a mapping",
                "expected a duration such as 15s or 1m30s from 1s to 1h, found \"2h\"",
                "expected a string, found a list",
            ]
        )
    }

    @Test func `an unknown key is named with the nearest known one, where it stands`() throws {
        let reader = try reader("a: 1\nx:\n  intervall: 1s\n  zzz: 2\n").mapping("x")
        let inner = try #require(reader)
        _ = inner.duration("interval")
        _ = inner.string("name")
        inner.finish()
        #expect(
            inner.problems.problems.map(\.description) == [
                "m.yaml:3:3: x.intervall: unknown key; did you mean \"interval\"?",
                "m.yaml:4:3: x.zzz: unknown key; known are interval, name",
            ]
        )
    }

    @Test func `a missing key is named at its mapping`() throws {
        let reader = try reader("a: 1\n")
        #expect(reader.requiredString("name") == nil)
        #expect(reader.problems.problems.map(\.description) == ["m.yaml:1:1: the key \"name\" is missing"])
    }

    @Test func `an empty string does not do where one is required`() throws {
        let reader = try reader("name: ''\n")
        #expect(reader.requiredString("name") == nil)
        #expect(reader.problems.problems.map(\.message) == ["must not be empty"])
    }

    @Test func `templates pass for any type while a template is checked, and only then`() throws {
        for accepts in [true, false] {
            let reader = try reader("a: ${option.x}\nb: ${option.y}\n", acceptsTemplates: accepts)
            #expect(reader.integer("a") == nil)
            #expect(reader.choice("b", of: ["x": 1]) == nil)
            #expect(reader.problems.isEmpty == accepts)
        }
    }

    @Test func `a wrong choice is answered with the choices`() throws {
        let reader = try reader("k: requir\n")
        #expect(reader.choice("k", of: ["require": 1, "prefer": 2]) == nil)
        #expect(
            reader.problems.problems.map(\.message) == [
                "expected one of require, prefer, found \"requir\"; did you mean \"require\"?"
            ]
        )
    }

    @Test func `a scalar or a list is no mapping`() throws {
        for text in ["5", "[a]"] {
            let reader = try reader(text)
            #expect(reader.keys.isEmpty)
            #expect(reader.problems.problems.count == 1)
        }
        #expect(try reader("~").problems.isEmpty)
    }

    @Test func `regular expressions are read, and wrong ones named`() throws {
        let reader = try reader("a: 'x.*'\nb: '('\nc: {d: 'y|z', e: [1]}\n")
        #expect(reader.pattern("a")?.matches("xyz") == true)
        #expect(reader.pattern("b") == nil)
        #expect(reader.patterns("c")?.map(\.key) == ["d"])
        #expect(
            reader.problems.problems.map(\.message) == [
                "not a regular expression: this group is not closed at character 1",
                "expected a regular expression, found a list",
            ]
        )
    }

    @Test func `a long value is cut in the message`() throws {
        let reader = try reader("k: \(String(repeating: "x", count: 5000))\n")
        _ = reader.integer("k")
        #expect(try #require(reader.problems.problems.first).message.count < 100)
    }
}
