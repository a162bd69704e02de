/// Names and texts in SQL.
public enum PostgresText {
    /// A name in quotation marks, such as `"odd ""name"""`.
    public static func identifier(_ name: String) -> String {
        "\"\(name.replacing("\"", with: "\"\""))\""
    }

    /// A text in quotation marks, whatever `standard_conforming_strings` is.
    public static func literal(_ text: String) -> String {
        "E'\(text.replacing("\\", with: "\\\\").replacing("'", with: "\\'"))'"
    }
}
