import Settings
import TestSupport
import Testing

struct HostileDocumentTests {
    private func fails(_ text: String, _ message: String) {
        let error = #expect(throws: SettingsError.self) { try SettingsDocument.parse(text, file: "x") }
        #expect(error?.problems.first?.message.contains(message) == true, "\(String(describing: error))")
    }

    private static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    @Test(
        arguments: [
            ("[", ""), ("- ", "x"), ("{a: ", "1"), ("? ", "x"), ("- - ? - [{a: ", ""), ("[a\", ", ""), ("['', ", ""),
            ("&a [", ""), ("!!seq [", ""),
        ]
    )
    func `nesting beyond the limit is an error, whatever it is made of`(unit: String, end: String) {
        for count in [100, 999, 1001, 100_000] {
            #expect(throws: SettingsError.self) {
                try SettingsDocument.parse(Self.repeated(unit, count) + end, file: "x")
            }
        }
    }

    @Test func `nesting by indentation beyond the limit is an error`() {
        let text = (0..<500).map { Self.repeated(" ", $0) + "a:\n" }.joined()
        fails(text, "nested too deeply")
    }

    @Test func `sixty-four levels are read and sixty-five are not`() throws {
        let deepest = Self.repeated("[", 64) + Self.repeated("]", 64)
        #expect(throws: Never.self) { try SettingsDocument.parse(deepest, file: "x") }
        fails("[\(deepest)]", "nested too deeply")
    }

    @Test func `a chain of aliases is as deep as what it stands for`() {
        var text = "a0: &a0 [x]\n"
        for index in 1..<10_000 { text += "a\(index): &a\(index) [*a\(index - 1)]\n" }
        fails(text, "nested too deeply")
    }

    @Test func `a bomb of aliases is refused before it is built`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for index in 1..<12 {
            text +=
                "a\(index): &a\(index) [" + Array(repeating: "*a\(index - 1)", count: 10).joined(separator: ", ")
                + "]\n"
        }
        fails(text, "too many values")
        fails(text + "? *a11\n: 1\n", "too many values")
    }

    @Test func `aliases in keys are refused before they are hashed`() {
        fails("a: &a [x, x]\nb: &b [*a, *a]\n? *b\n: 1\n", "a key must be a string")
        fails("a: &a [x, x]\nb: {[*a]: 1}\n", "a key must be a string")
    }

    @Test func `long keys are not copied into the path of everything below`() throws {
        let text =
            "\(Self.repeated("k", 900)):\n  " + Self.repeated("z", 900) + ": [" + Self.repeated("1,", 50_000) + "]\n"
        let root = try SettingsDocument.parse(text, file: "x")
        guard case .mapping(let entries) = root.content, case .mapping(let inner)? = entries.first?.value.content,
            case .sequence(let items)? = inner.first?.value.content
        else {
            Issue.record("not read")
            return
        }
        #expect(items.count == 50_000)
        #expect(items.allSatisfy { $0.path.utf8.count < 300 })
    }

    @Test func `random bytes never trap`() {
        var generator = SeededGenerator(seed: 11)
        let pieces = [
            "a", ":", ": ", "- ", "? ", "[", "]", "{", "}", ",", "\n", "\n  ", "&a ", "*a", "*a ", "<<: ", "\"", "'",
            "|\n",
            ">\n ", "!!str ", "!x ", "%YAML 1.1\n", "---\n", "...\n", "#", "\t", "\\", "\\u", "é", "\u{FEFF}",
            "\u{1F600}",
            "null", "~", "0", "@", "`", "\u{85}", "\u{2028}",
        ]
        var read = 0
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<24, using: &generator)
            let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            if (try? SettingsDocument.parse(text, file: "x")) != nil { read += 1 }
        }
        #expect(read > 100)
    }

    @Test func `random changes of a good document never trap`() {
        var generator = SeededGenerator(seed: 12)
        let good = Array(
            "services:\n- name: a\n  address: &x 10.0.0.1\n  tags: [a, \"b\"]\n  labels: {a: *x, <<: {b: c}}\n".utf8
        )
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: index)
                default: bytes.insert(contentsOf: bytes[index...].prefix(8), at: index)
                }
            }
            _ = try? SettingsDocument.parse(String(decoding: bytes, as: UTF8.self), file: "x")
        }
    }
}
