import Settings
import Testing

struct SuggestionTests {
    @Test(
        arguments: [
            ("intervall", "interval"), ("timeuot", "timeout"), ("Labels", "labels"), ("zzz", nil), ("", nil),
            ("nam", "name"),
        ] as [(String, String?)]
    )
    func `the nearest known word is found, or none`(word: String, expected: String?) {
        #expect(Suggestion.nearest(to: word, among: ["interval", "timeout", "labels", "name"]) == expected)
    }

    @Test func `a huge word is not compared`() {
        #expect(Suggestion.nearest(to: String(repeating: "a", count: 100_000), among: ["a"]) == nil)
    }
}
