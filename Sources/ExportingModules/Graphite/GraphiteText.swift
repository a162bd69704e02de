/// Names as Graphite takes them.
enum GraphiteText {
    /// One node of a path. Everything but ASCII letters, digits, `_`, `-` and `:` is a `_` each, dots too.
    static func node(_ text: String) -> String {
        text.utf8.allSatisfy(isNodeByte) ? text : replacing(text) { !isNodeScalar($0) }
    }

    /// A path of several nodes: as a node, but dots stay.
    static func path(_ text: String) -> String {
        text.utf8.allSatisfy(isNodeByte) ? text : replacing(text) { !isNodeScalar($0) && $0 != "." }
    }

    /// A path without nodes that are empty, which carbon would make other files of.
    static func withoutEmptyNodes(_ path: String) -> String {
        var last = UInt8(ascii: ".")
        var hasEmpty = false
        for byte in path.utf8 {
            if byte == UInt8(ascii: "."), last == byte { hasEmpty = true }
            last = byte
        }
        guard hasEmpty || last == UInt8(ascii: ".") else { return path }
        return path.split(separator: ".").joined(separator: ".")
    }

    /// The length in bytes of the longest node of a path.
    static func longestNode(_ path: String) -> Int {
        var longest = 0
        var length = 0
        for byte in path.utf8 {
            length = byte == UInt8(ascii: ".") ? 0 : length + 1
            longest = max(longest, length)
        }
        return longest
    }

    /// The name of a tag. Graphite allows no `;`, `!`, `^` and `=`, and the protocol nothing that separates words.
    static func tagName(_ text: String) -> String {
        if text.utf8.allSatisfy(isNodeByte) { return text }
        return replacing(text) { isSeparator($0) || [";", "!", "^", "="].contains($0) }
    }

    /// The value of a tag. Graphite allows no `;`, and no `~` at its beginning, and the protocol nothing that separates
    /// words. A value at the end of a line that ended with `"}` would be read as another notation (carbon's
    /// `TaggedSeries.parse`).
    static func tagValue(_ text: String) -> String {
        if text.utf8.allSatisfy(isNodeByte) { return text }
        var value = replacing(text) { isSeparator($0) || $0 == ";" }
        if value.hasPrefix("~") { value = "_" + value.dropFirst() }
        if value.hasSuffix("\"}") { value = value.dropLast() + "_" }
        return value
    }

    private static func isNodeByte(_ byte: UInt8) -> Bool {
        byte < 0x80 && isNodeScalar(Unicode.Scalar(byte))
    }

    private static func isNodeScalar(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-", ":": true
        default: false
        }
    }

    /// What carbon splits lines and words at, and all other controls.
    private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || scalar.properties.isWhitespace
    }

    private static func replacing(_ text: String, _ isReplaced: (Unicode.Scalar) -> Bool) -> String {
        guard text.unicodeScalars.contains(where: isReplaced) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { result.append(isReplaced(scalar) ? "_" : scalar) }
        return String(result)
    }
}
