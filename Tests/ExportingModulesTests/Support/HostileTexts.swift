/// Texts that break encoders.
enum HostileTexts {
    /// None is empty, none has a line break or a backslash.
    static let plain = [
        "plain", "a b", " leading", "trailing ", "two  blanks", "a,b", "a=b", "a, b = c", "\"quoted\"", "it's", "a;b:c",
        "#x",
        "{a=\"b\"}", "${x}", "%41%", "tab\there", "é√ 日本 🦫", "e\u{301}", "\u{7f}\u{85}\u{2028}", "null", "NaN", "1",
        "-1i",
        "true", "<&>", "a/b?c=d&e", String(repeating: "long ", count: 2000) + ".",
    ]
    /// With a line break.
    static let lines = ["a\nb", "\n", "a\r\nb", "end\n"]
    /// With a backslash.
    static let backslashes = [
        #"C:\dir\file"#, #"a\\b"#, #"a\,b"#, #"a\ b"#, #"a\=b"#, #"a\"b"#, #"\x"#, #"a\n"#, #"\\\\"#, #"end\"#,
    ]
}
