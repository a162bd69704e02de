/// Refuses documents that nest too deeply before the recursive composer sees them.
///
/// It over-counts rather than understands YAML: brackets anywhere outside quotes, and indentation. A document that it
/// lets through nests at most `limit` flow levels and `limit` block levels.
enum DepthCheck {
    static func check(_ text: String, limit: Int, file: String) throws(SettingsError) {
        var flow = 0
        var line = 1
        var column = 0
        var indentation: [Int] = []
        var indent = 0
        var isLineStart = true
        var dashes = 0
        var quote: UInt8 = 0
        var isEscaped = false
        for byte in text.utf8 {
            column += 1
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 0
                indent = 0
                dashes = 0
                isLineStart = true
                isEscaped = false
                continue
            }
            if isLineStart {
                if byte == UInt8(ascii: " ") {
                    indent += 1
                    continue
                }
                // "- - - x" opens a level for each dash.
                if byte == UInt8(ascii: "-") || byte == UInt8(ascii: "?") {
                    dashes += 1
                    indent += 1
                    if dashes > limit { throw error(file, line, column) }
                    continue
                }
                isLineStart = false
                while let last = indentation.last, last >= indent { indentation.removeLast() }
                indentation.append(indent)
                if indentation.count > limit * 2 { throw error(file, line, column) }
            }
            if quote != 0 {
                if isEscaped {
                    isEscaped = false
                } else if quote == UInt8(ascii: "\""), byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == quote {
                    quote = 0
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\"") where flow > 0: quote = byte
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                flow += 1
                if flow > limit * 4 { throw error(file, line, column) }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                flow = max(0, flow - 1)
            default: break
            }
        }
    }

    private static func error(_ file: String, _ line: Int, _ column: Int) -> SettingsError {
        let position = Position(file: file, line: line, column: column)
        return SettingsError(SettingsProblem(position: position, message: "nested too deeply"))
    }
}
