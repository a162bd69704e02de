/// Draws values, thresholds and alarms as an SVG image, of a bounded size whatever there is to draw.
///
/// Of each column of pixels the least and the most value are drawn. Colours follow the reader's choice of light or dark.
public struct SVGPlot: Sendable {
    /// What is written above.
    public var title: String
    /// The width in pixels.
    public let width: Int
    /// The height in pixels.
    public let height: Int

    private let trace: PlotTrace
    private let times: PlotTimeScale
    private let values: PlotScale

    private static let margin = (left: 72.0, top: 56.0, right: 16.0, bottom: 36.0)

    /// Creates a plot.
    ///
    /// - Parameters:
    ///   - trace: What to draw.
    ///   - title: What is written above.
    ///   - hasTime: Whether times are dates. If not, rows are counted.
    ///   - interval: Without times, the distance of two rows in milliseconds.
    ///   - width: The width in pixels, from 200 to 4000.
    ///   - height: The height in pixels, from 150 to 3000.
    public init(
        _ trace: PlotTrace,
        title: String,
        hasTime: Bool,
        interval: Int64 = 15_000,
        width: Int = 1200,
        height: Int = 420
    ) {
        self.trace = trace
        self.title = title
        self.width = min(max(width, 200), 4000)
        self.height = min(max(height, 150), 3000)
        let right = Double(self.width) - Self.margin.right
        let bottom = Double(self.height) - Self.margin.bottom
        let first = Double(trace.pieces.first?.first ?? 0)
        let last = Double(trace.pieces.last?.last ?? 0)
        let horizontal = PlotScale(low: first, high: last, start: Self.margin.left, end: right)
        times = PlotTimeScale(scale: horizontal, isDate: hasTime, interval: interval)
        var range: PlotTrace.Range?
        for piece in trace.pieces {
            for part in [piece.values, piece.upper, piece.lower] { range = PlotTrace.Range.union(range, part) }
        }
        let low = range?.least ?? 0
        let high = range?.most ?? 0
        let room = min((high - low) * 0.04, 1e300)
        values = PlotScale(low: low - room, high: high + room, start: bottom, end: Self.margin.top)
    }

    /// The image.
    public func svg() -> String {
        let columns = columns()
        var text = """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
            viewBox="0 0 \(width) \(height)" role="img" font-family="sans-serif" font-size="12">
            <title>\(Self.escape(title))</title>
            \(Self.style)
            <rect class="paper" width="\(width)" height="\(height)"/>
            <text class="ink" x="\(Int(Self.margin.left))" y="20" font-size="14">\(Self.escape(title))</text>
            \(legend)

            """
        text += axes()
        text += path("value", columns) { $0.values }
        text += path("limit", columns) { $0.upper }
        text += path("limit", columns) { $0.lower }
        text += alarms(columns)
        return text + "</svg>\n"
    }

    private static let style = """
        <style>
        .value, .limit, .alarm { fill: none; }
        .limit { stroke-dasharray: 5 2; } .alarm { stroke-width: 7; stroke-linecap: round; }
        .paper { fill: #ffffff; } .ink { fill: #1f2328; } .grid { stroke: #d8dee4; }
        .value { stroke: #0969da; } .limit { stroke: #9a6700; } .alarm { stroke: #cf222e; }
        @media (prefers-color-scheme: dark) {
        .paper { fill: #0d1117; } .ink { fill: #e6edf3; } .grid { stroke: #30363d; }
        .value { stroke: #58a6ff; } .limit { stroke: #d29922; } .alarm { stroke: #ff7b72; }
        }
        </style>
        """

    private var legend: String {
        let entries = [("value", "values", 0), ("limit", "thresholds", 90), ("alarm", "alarms", 200)]
        return entries.map { name, text, offset in
            let x = Int(Self.margin.left) + offset
            let mark = name == "alarm" ? "M\(x + 11) 38h0" : "M\(x) 38h22"
            return """
                <path class="\(name)" d="\(mark)"/><text class="ink" x="\(x + 28)" y="42">\(text)</text>
                """
        }.joined(separator: "\n")
    }
}

// MARK: - Parts

extension SVGPlot {
    /// One piece for each column of pixels that has values.
    private func columns() -> [(x: Double, piece: PlotTrace.Piece)] {
        var columns: [(x: Double, piece: PlotTrace.Piece)] = []
        for piece in trace.pieces {
            let middle = Double(piece.first) / 2 + Double(piece.last) / 2
            let x = times.scale.place(middle).rounded()
            if let last = columns.indices.last, columns[last].x == x {
                columns[last].piece.include(piece)
            } else {
                columns.append((x, piece))
            }
        }
        return columns
    }

    private func path(
        _ name: String,
        _ columns: [(x: Double, piece: PlotTrace.Piece)],
        _ range: (PlotTrace.Piece) -> PlotTrace.Range?
    ) -> String {
        var text = ""
        var isDrawing = false
        var before = 0.0
        for (x, piece) in columns {
            if piece.isAfterGap { isDrawing = false }
            guard let range = range(piece) else {
                isDrawing = false
                continue
            }
            let low = values.place(range.least)
            let high = values.place(range.most)
            // Begin at the end that is nearer, so that the line does not cross the column twice.
            let isUpwards = abs(low - before) <= abs(high - before)
            let (first, last) = isUpwards ? (low, high) : (high, low)
            text += "\(isDrawing ? "L" : "M")\(Self.text(x)) \(Self.text(first))"
            if Self.text(last) != Self.text(first) {
                text += "V\(Self.text(last))"
            } else if !isDrawing {
                text += "h0"
            }
            before = last
            isDrawing = true
        }
        guard !text.isEmpty else { return "" }
        return "<path class=\"\(name)\" stroke-linecap=\"round\" d=\"\(text)\"/>\n"
    }

    private func alarms(_ columns: [(x: Double, piece: PlotTrace.Piece)]) -> String {
        var text = ""
        for (x, piece) in columns {
            for value in [piece.up, piece.down].compactMap(\.self) {
                text += "M\(Self.text(x)) \(Self.text(values.place(value)))h0"
            }
        }
        return text.isEmpty ? "" : "<path class=\"alarm\" d=\"\(text)\"/>\n"
    }

    private func axes() -> String {
        let right = Double(width) - Self.margin.right
        let bottom = Double(height) - Self.margin.bottom
        var text = ""
        for tick in values.ticks(about: max(3, height / 60)) {
            let y = Self.text(values.place(tick.value))
            text += "<path class=\"grid\" d=\"M\(Int(Self.margin.left)) \(y)H\(Self.text(right))\"/>"
            text += "<text class=\"ink\" text-anchor=\"end\" dominant-baseline=\"middle\" "
            text += "x=\"\(Int(Self.margin.left) - 6)\" y=\"\(y)\">\(tick.text)</text>\n"
        }
        for tick in times.ticks(about: max(3, width / 130)) {
            let x = Self.text(times.scale.place(tick.value))
            text += "<path class=\"grid\" d=\"M\(x) \(Self.text(bottom))V\(Int(Self.margin.top))\"/>"
            text += "<text class=\"ink\" text-anchor=\"middle\" x=\"\(x)\" y=\"\(Self.text(bottom + 18))\">"
            text += "\(tick.text)</text>\n"
        }
        return text
    }

    /// With one digit after the point.
    private static func text(_ number: Double) -> String {
        guard !number.isNaN else { return "0" }
        let tenths = Int((min(max(number, -10_000), 10_000) * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        let size = abs(tenths)
        return size % 10 == 0 ? "\(sign)\(size / 10)" : "\(sign)\(size / 10).\(size % 10)"
    }

    /// Text as XML has it. What XML cannot have becomes a replacement character; long text is cut.
    static func escape(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(200) {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&apos;"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value & 0xFFFE == 0xFFFE:
                result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
