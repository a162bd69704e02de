/// Texts from outside as one line of bounded length, for logs and for the status.
enum BoundedLine {
    static let limit = 500

    /// The text of an error.
    static func text(of error: any Error) -> String { text(String(describing: error)) }

    /// The text without control characters, cut.
    static func text(_ text: String) -> String {
        var line = ""
        for character in text.unicodeScalars {
            guard line.utf8.count + UTF8.width(character) <= limit - 3 else { return line + "..." }
            let isControl = character.value < 0x20 || (0x7F...0x9F).contains(character.value)
            line.unicodeScalars.append(isControl ? " " : character)
        }
        return line
    }
}
