/// One line of the table of mounts.
struct Mount: Sendable, Hashable {
    var device: String
    /// As bytes, to be opened.
    var path: [UInt8]
    var type: String
    var isReadOnly: Bool

    /// The path for a label; bytes that are not UTF-8 are replaced.
    var mountPoint: String { String(decoding: path, as: UTF8.self) }

    /// Reads `proc/mounts`. Lines that are not like the others are left out.
    static func parse(_ text: ProcText) -> [Mount] {
        var mounts: [Mount] = []
        for var line in text.lines {
            guard let device = line.word(), let path = line.word(), let type = line.text(), let options = line.word(),
                path.first == UInt8(ascii: "/")
            else { continue }
            mounts.append(
                Mount(
                    device: String(decoding: unescaped(device), as: UTF8.self),
                    path: unescaped(path),
                    type: type,
                    isReadOnly: options.split(separator: UInt8(ascii: ",")).contains { $0.elementsEqual("ro".utf8) }
                )
            )
        }
        return mounts
    }

    /// The kernel writes space, tab, newline and backslash as a backslash and three octal digits.
    private static func unescaped(_ word: ArraySlice<UInt8>) -> [UInt8] {
        guard word.contains(UInt8(ascii: "\\")) else { return Array(word) }
        var bytes: [UInt8] = []
        var rest = word
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), let value = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8),
                rest.count >= 3, value != 0
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }
}
