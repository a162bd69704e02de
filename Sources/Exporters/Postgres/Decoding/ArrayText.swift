import QueryFiles

/// Splits arrays as PostgreSQL writes them: `{1,2,NULL}`, `{"a,b","c\"d"}`, `[0:1]={5,6}`.
enum ArrayText {
    /// The items, nil for NULL; nil altogether if it is no array of one dimension.
    ///
    /// - Parameters:
    ///   - text: The array.
    ///   - decode: Turns the bytes of an item into its value.
    static func items(
        _ text: UnsafeBufferPointer<UInt8>,
        decode: (UnsafeBufferPointer<UInt8>) -> ColumnValue
    ) -> [ColumnValue]? {
        var index = 0
        if text.first == UInt8(ascii: "[") {
            guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            index = equals + 1
        }
        guard index < text.count, text[index] == UInt8(ascii: "{"), text.last == UInt8(ascii: "}") else { return nil }
        index += 1
        let end = text.count - 1
        var items: [ColumnValue] = []
        if index == end { return items }
        var buffer: [UInt8] = []
        while index <= end {
            buffer.removeAll(keepingCapacity: true)
            let isQuoted = index < end && text[index] == UInt8(ascii: "\"")
            if isQuoted { index += 1 }
            while index < end {
                let byte = text[index]
                if byte == UInt8(ascii: "\\"), index + 1 < end {
                    index += 1
                    buffer.append(text[index])
                } else if isQuoted ? byte == UInt8(ascii: "\"") : byte == UInt8(ascii: ",") {
                    break
                } else if !isQuoted, byte == UInt8(ascii: "{") {
                    return nil
                } else {
                    buffer.append(byte)
                }
                index += 1
            }
            if isQuoted {
                guard index < end else { return nil }
                index += 1
                guard index == end || text[index] == UInt8(ascii: ",") else { return nil }
            }
            // libpq's values end in a zero byte, and the decoders of numbers count on it.
            buffer.append(0)
            items.append(
                buffer.withUnsafeBufferPointer { item in
                    let value = UnsafeBufferPointer(rebasing: item.dropLast())
                    return !isQuoted && isNull(value) ? .null : decode(value)
                }
            )
            if index == end { return items }
            index += 1
        }
        return nil
    }

    private static func isNull(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        text.elementsEqual("NULL".utf8)
    }
}
