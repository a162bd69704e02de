package import Exposition

/// One JSON object on one line.
struct JSONLine {
    private var text: String

    init(type: String, time: Int64, series: String) {
        text = "{\"type\":"
        JSONText.quote(type, into: &text)
        add("time", time)
        add("series", series)
    }

    /// The object with its line end.
    var line: String { text + "}\n" }

    mutating func add(_ key: String, _ value: String) {
        start(key)
        JSONText.quote(value, into: &text)
    }

    mutating func add(_ key: String, _ value: Int64) {
        start(key)
        text += String(value)
    }

    mutating func add(_ key: String, _ value: Double) {
        start(key)
        text += NumberFormat.json(value)
    }

    /// `null` for nil.
    mutating func add(_ key: String, _ value: Double?) {
        start(key)
        text += value.map(NumberFormat.json) ?? "null"
    }

    /// `null` for nil.
    mutating func add(_ key: String, _ value: Int64?) {
        start(key)
        text += value.map { String($0) } ?? "null"
    }

    mutating func add(_ key: String, _ labels: LabelSet) {
        start(key)
        JSONText.append(labels, to: &text)
    }

    private mutating func start(_ key: String) {
        text += ","
        JSONText.quote(key, into: &text)
        text += ":"
    }
}

/// Parts of JSON.
package enum JSONText {
    /// Labels as an object, in their order: `{"a":"1","b":"2"}`.
    package static func object(_ labels: LabelSet) -> String {
        var text = ""
        append(labels, to: &text)
        return text
    }

    static func append(_ labels: LabelSet, to text: inout String) {
        text += "{"
        for (index, label) in labels.labels.enumerated() {
            if index > 0 { text += "," }
            quote(label.name, into: &text)
            text += ":"
            quote(label.value, into: &text)
        }
        text += "}"
    }

    /// Text in quotation marks. Nothing in it can end a line.
    static func quote(_ value: String, into text: inout String) {
        text += "\""
        if value.utf8.allSatisfy(isPlain) {
            text += value
        } else {
            escape(value, into: &text)
        }
        text += "\""
    }

    /// ASCII that needs no escape.
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private static func escape(_ value: String, into text: inout String) {
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x2028 || scalar.value == 0x2029:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
