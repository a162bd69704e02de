import Settings
import TestSupport
import Testing

struct PatternTests {
    @Test(
        arguments: [
            ("prod", "prod", true), ("prod", "production", false), ("prod", "xprod", false), ("", "", true),
            ("", "a", false), (".*", "any\nthing", true), (".+", "", false), (".+", "é", true), ("a|b", "b", true),
            ("a|b", "ab", false), ("a|bc", "bc", true), ("(a|b)c", "bc", true), ("(?:a|b)+", "abba", true),
            ("(?P<n>a)(?<m>b)", "ab", true), ("a?b*c+", "cc", true), ("a?b*c+", "abbbc", true), ("a{2}", "aa", true),
            ("a{2}", "aaa", false), ("a{2,}", "aaaa", true), ("a{1,2}b", "aab", true), ("a{1,2}b", "aaab", false),
            ("a{0}", "", true), ("a{,2}", "a{,2}", true), ("x{", "x{", true), ("[a-c]+", "abc", true),
            ("[^a-c]+", "xyz", true), ("[^a-c]+", "xaz", false), ("[]a]+", "]a", true), ("[a-]+", "a-", true),
            ("[\\d_]+", "1_2", true), ("[[:alpha:]]+", "abC", true), ("\\d+\\.\\d+", "10.5", true),
            ("\\d+\\.\\d+", "10x5", false), ("\\w+", "a_1", true), ("\\W\\S\\s\\D", "-x y", true),
            ("\\x41\\x{1F600}", "A😀", true),
            ("(?i)PROD", "prod", true), ("(?i:A)b", "aB", false), ("(?i:A)b", "ab", true), ("(?i)[a-z]+É", "ABé", true),
            ("^a$", "a", true), ("a^b", "ab", false), ("(^|x)a", "a", true), ("a+?b??", "aab", true),
            ("(a|)b", "b", true), ("()", "", true), ("(x*)*y", "xxy", true), ("\\Aa\\z", "a", true),
            ("a.c", "a\nc", true),
            ("10\\.0\\.0\\.[1-9]", "10.0.0.5", true),
            ("\\.\\*\\+\\?\\(\\)\\|\\[\\]\\{\\}\\^\\$\\\\", ".*+?()|[]{}^$\\", true),
        ]
    )
    func `the whole value matches or it does not`(pattern: String, value: String, expected: Bool) throws {
        #expect(try Pattern(pattern).matches(value) == expected)
    }

    @Test(
        arguments: [
            "(", ")", "a)", "[", "[a", "*", "+a", "a**", "a{2}{3}", "a{3,2}", "a{1001}", "\\", "\\1", "\\bfoo", "(?=a)",
            "(?!a)", "(?<=a)b", "(?P=n)", "(?z)", "(?<n", "[z-a]", "[[:nope:]]", "\\x4", "\\x{110000}", "\\pL", "(?i",
        ]
    )
    func `what is no expression, or needs backtracking, is refused`(pattern: String) {
        #expect(throws: PatternError.self) { try Pattern(pattern) }
    }

    @Test func `an expression that grows beyond bounds is refused quickly`() {
        #expect(throws: PatternError.self) { try Pattern("((a{100}){100}){100}") }
        #expect(throws: PatternError.self) { try Pattern(String(repeating: "(", count: 5000)) }
        #expect(throws: PatternError.self) {
            try Pattern(String(repeating: "(a|", count: 60) + String(repeating: ")", count: 60))
        }
        #expect(throws: Never.self) { try Pattern("((((){1000}){1000}){1000}){1000}") }
    }

    @Test(.timeLimit(.minutes(1))) func `no value makes a match slow`() throws {
        let value = String(repeating: "a", count: 10_000)
        let patterns = try ["(a+)+$b", "(a|aa)*c", "(.*)*(.*)*x"].map { try Pattern($0) }
        for pattern in patterns { #expect(!pattern.matches(value)) }
    }

    @Test func `random expressions and values never trap`() {
        var generator = SeededGenerator(seed: 5)
        let pieces = [
            "a", "b", "(", ")", "(?:", "(?i)", "[", "]", "^", "-", "*", "+", "?", "{2}", "{1,3}", "|", ".", "\\d", "\\",
            "$", "{", "é",
        ]
        var compiled = 0
        for _ in 0..<20_000 {
            let source = (0..<Int.random(in: 0..<12, using: &generator))
                .map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            guard let pattern = try? Pattern(source) else { continue }
            compiled += 1
            _ = pattern.matches("aabé1")
        }
        #expect(compiled > 1000)
    }
}
