/// Finds out from the first record which columns are meant, and makes rows of the records.
struct ColumnMapping: Sendable {
    let valueColumn: RecordedValues.Column?
    let timeColumn: RecordedValues.Column?
    /// The columns, counted from 0; nil before the first record.
    private(set) var places: (value: Int, time: Int?)?
    /// The name of the column with the values; nil without a header.
    private(set) var valueName: String?

    init(valueColumn: RecordedValues.Column?, timeColumn: RecordedValues.Column?) {
        self.valueColumn = valueColumn
        self.timeColumn = timeColumn
    }

    mutating func take(
        _ record: CSVParser.Record,
        _ body: (RecordedValues.Row) throws(CSVError) -> Void
    ) throws(CSVError) {
        guard let places else {
            let isHeader = isHeader(record)
            let found = try columns(record, isHeader: isHeader)
            self.places = found
            if isHeader { valueName = record[found.value] } else { try body(try row(record, found)) }
            return
        }
        try body(try row(record, places))
    }

    private func isHeader(_ record: CSVParser.Record) -> Bool {
        let asked = [valueColumn, timeColumn].compactMap { column -> String? in
            if case .named(let name) = column { name } else { nil }
        }
        let fields = (0..<record.count).compactMap { record[$0] }
        if asked.contains(where: { Int($0) == nil }) { return true }
        return fields.contains { field in
            Self.value(Array(field.utf8)[...], allowsComma: true) == nil && TimeText.milliseconds(field) == nil
        }
    }

    private func columns(
        _ record: CSVParser.Record,
        isHeader: Bool
    ) throws(CSVError) -> (value: Int, time: Int?) {
        let names = isHeader ? (0..<record.count).map { record[$0] ?? "" } : []
        var time: Int?
        if let timeColumn { time = try place(timeColumn, names, record) }
        var value: Int?
        if let valueColumn { value = try place(valueColumn, names, record) }
        if time == nil, isHeader {
            time = names.indices.first { $0 != value && Self.timeNames.contains(names[$0].lowercased()) }
        } else if time == nil, record.count > 1 {
            time = value == 0 ? nil : 0
        }
        let found = value ?? (0..<record.count).first { $0 != time }
        guard let found else { throw CSVError(line: record.line, message: "no column is left for the values") }
        guard found != time else {
            throw CSVError(line: record.line, message: "time and values cannot be in one column")
        }
        return (found, time)
    }

    private static let timeNames: Set<String> = ["time", "timestamp", "datetime", "date", "ts"]

    private func place(_ column: RecordedValues.Column, _ names: [String], _ record: CSVParser.Record) throws(CSVError)
        -> Int
    {
        let number: Int
        switch column {
        case .number(let given): number = given
        case .named(let name):
            if let place = names.firstIndex(of: name) { return place }
            guard let given = Int(name) else {
                let list = names.prefix(20).map { CSVError.quote($0) }.joined(separator: ", ")
                let message = "there is no column \(CSVError.quote(name)); there are \(list)"
                throw CSVError(line: record.line, message: message)
            }
            number = given
        }
        guard (1...record.count).contains(number) else {
            let message = "there is no column \(number); there are \(record.count)"
            throw CSVError(line: record.line, message: message)
        }
        return number - 1
    }
}

// MARK: - Fields

extension ColumnMapping {
    private func row(_ record: CSVParser.Record, _ places: (value: Int, time: Int?)) throws(CSVError)
        -> RecordedValues.Row
    {
        guard let field = record.field(places.value) else {
            let message = "there are \(record.count) columns, the values are in number \(places.value + 1)"
            throw CSVError(line: record.line, message: message)
        }
        guard let value = Self.value(field, allowsComma: record.separator != UInt8(ascii: ",")) else {
            let text = CSVError.quote(String(decoding: field, as: UTF8.self))
            throw CSVError(line: record.line, message: "\(text) is not a number")
        }
        guard let place = places.time else { return RecordedValues.Row(time: nil, value: value, line: record.line) }
        guard let text = record[place] else {
            let message = "there are \(record.count) columns, the time is in number \(place + 1)"
            throw CSVError(line: record.line, message: message)
        }
        guard let time = TimeText.milliseconds(text) else {
            throw CSVError(line: record.line, message: "\(CSVError.quote(text)) is not a time")
        }
        return RecordedValues.Row(time: time, value: value, line: record.line)
    }

    /// A value; NaN if it is missing, nil if it is none. With `allowsComma` a comma may stand for the point.
    static func value(_ field: ArraySlice<UInt8>, allowsComma: Bool) -> Double? {
        if let number = NumberText.parse(field) { return number }
        guard field.count <= 512 else { return nil }
        if allowsComma, field.contains(UInt8(ascii: ",")), !field.contains(UInt8(ascii: ".")) {
            let pointed = field.map { $0 == UInt8(ascii: ",") ? UInt8(ascii: ".") : $0 }
            return NumberText.parse(pointed[...])
        }
        switch String(decoding: field, as: UTF8.self).lowercased() {
        case "", "nan", "null", "na", "n/a", "-": return .nan
        case "inf", "+inf", "infinity", "+infinity": return .infinity
        case "-inf", "-infinity": return -.infinity
        default: return nil
        }
    }
}
