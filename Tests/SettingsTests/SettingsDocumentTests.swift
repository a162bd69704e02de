import Settings
import Testing

struct SettingsDocumentTests {
    private func parse(_ text: String) throws -> SettingsNode { try SettingsDocument.parse(text, file: "a.yaml") }

    private func problem(_ text: String) throws -> SettingsProblem {
        let error = try #require(throws: SettingsError.self) { try parse(text) }
        return try #require(error.problems.first)
    }

    @Test func `every node knows its place and path`() throws {
        let root = try parse("a:\n  - b: 1\n    c: [x, 'y']\n")
        let item = try #require(
            root["a"].flatMap { if case .sequence(let items) = $0.content { items.first } else { nil } }
        )
        #expect(item.position.description == "a.yaml:2:5")
        #expect(item.path == "a[0]")
        let c = try #require(item["c"])
        #expect(c.position.description == "a.yaml:3:8")
        #expect(c.path == "a[0].c")
        guard case .sequence(let items) = c.content else {
            Issue.record("not a list")
            return
        }
        #expect(items.map(\.path) == ["a[0].c[0]", "a[0].c[1]"])
        #expect(items.map(\.text) == ["x", "y"])
        #expect(items[1].position.column == 12)
    }

    @Test func `columns count characters, not bytes`() throws {
        let root = try parse("ключ: значение\n")
        #expect(root["ключ"]?.position.column == 7)
    }

    @Test(arguments: ["", "\n", "# only a comment\n", "---\n", "~", "null"])
    func `a document without content is null`(text: String) throws {
        #expect(try parse(text).isNull)
    }

    @Test func `quotes and blocks make strings of what would be null`() throws {
        let root = try parse("a: ''\nb: \"null\"\nc: ~\nd: |\n  null\ne: !!str null\n")
        #expect(root["a"]?.text == "")
        #expect(root["b"]?.text == "null")
        #expect(root["c"]?.isNull == true)
        #expect(root["d"]?.text == "null\n")
        #expect(root["e"]?.text == "null")
    }

    @Test func `a key that stands twice is an error where it stands again`() throws {
        let problem = try problem("a: 1\nb:\n  x: 1\n  y: 2\n  x: 3\n")
        #expect(problem.position.description == "a.yaml:5:3")
        #expect(problem.message == "the key \"x\" stands here again; it is on line 3 already")
        #expect(problem.path == "b")
    }

    @Test func `broken YAML is an error with its place`() throws {
        #expect(try problem("a: 1\nb: [1, 2\n").position.line >= 2)
        #expect(try problem("a: 1\n b: 2\n").position.line == 2)
        #expect(try problem("a: 'x\n").message.hasPrefix("not YAML: "))
        #expect(try problem("a: \u{7}\n").position.description == "a.yaml:1:4")
        #expect(try problem("é: 1\nx: é\u{0}\n").position.description == "a.yaml:2:5")
    }

    @Test func `a second document is an error at its place`() throws {
        let problem = try problem("a: 1\n---\nb: 2\n")
        #expect(problem.position.line == 2)
        #expect(problem.message == "expected one document, found another")
    }

    @Test(arguments: ["? [a]\n: 1\n", "{a: 1}: 2\n", "x: &a 1\n*a : 2\n", "? {b: c}\n"])
    func `a key that is no string is refused`(text: String) throws {
        #expect(try problem(text).message == "a key must be a string")
    }

    @Test(arguments: ["a: !ruby/object x", "a: !!python/none x", "a: !x [1]", "a: !x {b: 1}"])
    func `an unknown tag is refused`(text: String) throws {
        #expect(try problem(text).message.hasPrefix("unknown tag"))
    }

    @Test func `the tags of YAML itself are known`() throws {
        let root = try parse("a: !!int 5\nb: !!seq [1]\nc: !!map {d: ! 'e'}\n")
        #expect(root["a"]?.text == "5")
        #expect(root["c"]?["d"]?.text == "e")
    }

    @Test func `aliases stand for what they name, with paths of their own`() throws {
        let root = try parse("a: &x {b: [1]}\nc: *x\n")
        #expect(root["c"]?["b"]?.path == "c.b")
        #expect(root["a"]?["b"]?.path == "a.b")
    }

    @Test func `an alias without an anchor before it is an error`() throws {
        #expect(try problem("a: *x\nb: &x 1\n").message == "this alias names no anchor before it")
        #expect(try problem("a: &x [*x]\n").message == "this alias names no anchor before it")
    }

    @Test func `merged mappings give way to what a mapping says itself`() throws {
        let root = try parse(
            "d: &d {a: 1, b: 2}\ne: &e {b: 3, c: 4}\nf:\n  b: own\n  <<: [*d, *e]\ng: {<<: *d}\nh: {'<<': 5}\n"
        )
        let merged = try #require(root["f"])
        #expect(merged["a"]?.text == "1")
        #expect(merged["b"]?.text == "own")
        #expect(merged["c"]?.text == "4")
        #expect(merged["c"]?.path == "f.c")
        #expect(merged["<<"] == nil)
        #expect(root["g"]?["b"]?.path == "g.b")
        #expect(root["h"]?["<<"]?.text == "5")
    }

    @Test(arguments: ["a: {<<: 1}", "a: {<<: [1]}", "a:\n  <<:\n"])
    func `only mappings are merged`(text: String) throws {
        #expect(try problem(text).message.hasPrefix("expected a mapping to merge"))
    }

    @Test func `JSON with tabs, escapes and pairs of surrogates is read`() throws {
        let root = try parse("\n{\n\t\"a\\/b\": \"\\ud83d\\ude00\\u00e9\\\\ud83d\",\t\"c\": [true, null, 1e3]\n}\n")
        #expect(root["a/b"]?.text == "\u{1F600}é\\ud83d")
        #expect(root["c"].flatMap { if case .sequence(let items) = $0.content { items.count } else { nil } } == 3)
    }

    @Test func `a lone surrogate is an error`() throws {
        #expect(try problem("[\"\\ud83d\"]").message.hasPrefix("not YAML"))
    }

    @Test func `a text is read up to its limit and not beyond`() throws {
        let text = "a: 1234\n"
        let exact = SettingsDocument.Limits(length: text.utf8.count)
        #expect(try SettingsDocument.parse(text, file: "a", limits: exact)["a"]?.text == "1234")
        let less = SettingsDocument.Limits(length: text.utf8.count - 1)
        #expect(throws: SettingsError.self) { try SettingsDocument.parse(text, file: "a", limits: less) }
    }

    @Test func `a missing file is an error that names it`() throws {
        let error = try #require(throws: SettingsError.self) { try SettingsDocument.read(file: "/nowhere/x.yaml") }
        #expect(error.description == "/nowhere/x.yaml:1:1: cannot be read: No such file or directory")
    }
}
