import ExportingModules
import Exposition

/// A JSON object that is written member by member, on one line.
struct JSONText {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]

    /// The object.
    var object: [UInt8] { bytes + [UInt8(ascii: "}")] }

    mutating func add(_ key: String, _ value: String) {
        begin(key)
        quote(value)
    }

    mutating func add(_ key: String, _ value: Int64) {
        begin(key)
        bytes.append(contentsOf: String(value).utf8)
    }

    /// JSON has no words for what is not a number: they are text, `NaN`, `+Inf` and `-Inf`.
    mutating func add(_ key: String, _ value: Double) {
        guard value.isFinite else { return add(key, value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf") }
        begin(key)
        bytes.append(contentsOf: value.description.utf8)
    }

    mutating func add(_ key: String, _ labels: LabelSet) {
        var inner = JSONText()
        for label in labels.labels { inner.add(label.name, label.value) }
        add(key, inner)
    }

    mutating func add(_ key: String, _ value: JSONText) {
        begin(key)
        bytes.append(contentsOf: value.object)
    }

    private mutating func begin(_ key: String) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        quote(key)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
            case 0x0a: bytes.append(contentsOf: "\\n".utf8)
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                bytes.append(contentsOf: "\\u".utf8)
                bytes.append(contentsOf: String(repeating: "0", count: 4 - digits.utf8.count).utf8)
                bytes.append(contentsOf: digits.utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
