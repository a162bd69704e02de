/// One header field of a request or an answer.
public struct HTTPHeader: Sendable, Hashable {
    /// The name; its case does not matter.
    public var name: String
    /// The value, without blanks around it.
    public var value: String

    /// Creates a header field. A name or value that HTTP does not allow is refused when the request is executed.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// The header fields of an answer, in the order in which they came.
public struct HTTPHeaders: Sendable, Hashable, RandomAccessCollection {
    private var fields: [HTTPHeader]

    /// Creates a list of fields.
    public init(_ fields: [HTTPHeader] = []) {
        self.fields = fields
    }

    /// The index of the first field: 0.
    public var startIndex: Int { 0 }
    /// How many fields there are.
    public var endIndex: Int { fields.count }

    /// One field.
    public subscript(position: Int) -> HTTPHeader { fields[position] }

    /// The first value of a field, whatever the case of its name.
    public func first(_ name: String) -> String? {
        fields.first { Self.isSame($0.name, name) }?.value
    }

    /// All values of a field, whatever the case of its name, in their order.
    public func all(_ name: String) -> [String] {
        fields.filter { Self.isSame($0.name, name) }.map(\.value)
    }

    mutating func append(_ field: HTTPHeader) {
        fields.append(field)
    }

    /// Adds a further line to the last value, as headers of old servers are folded.
    mutating func continueLast(with line: String) {
        guard let last = fields.indices.last else { return }
        fields[last].value += fields[last].value.isEmpty ? line : " \(line)"
    }

    /// Whether two names are the same: ASCII letters count whatever their case.
    static func isSame(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count
            && zip(left.utf8, right.utf8).allSatisfy { lowercased($0) == lowercased($1) }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}
