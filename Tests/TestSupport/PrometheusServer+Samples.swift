import FoundationEssentials

extension PrometheusServer {
    /// One stored series.
    public struct StoredSeries: Sendable, Hashable {
        /// All labels, the name as `__name__`.
        public var labels: [String: String]
        /// The times in milliseconds.
        public var timestamps: [Int64]
        /// The values.
        public var values: [Double]
    }

    /// The samples of a range as they are stored, without those that say that a series has ended.
    ///
    /// - Parameters:
    ///   - selector: Which series.
    ///   - range: How long back, such as `1h`.
    ///   - end: The end of the range, in milliseconds since 1970.
    /// - Throws: ``TestSupportError`` with Prometheus' message if it fails.
    public func samples(_ selector: String, over range: String, until end: Int64) async throws -> [StoredSeries] {
        let answer = try await ask([("query", "\(selector)[\(range)]"), ("time", Self.seconds(end))])
        return try answer.data.result.map { entry in
            let points = entry.values ?? []
            let values = try points.map { point in
                guard let value = Double(point.value) else { throw TestSupportError("not a number: \(point.value)") }
                return value
            }
            return StoredSeries(
                labels: entry.metric,
                timestamps: points.map { Int64(($0.time * 1000).rounded()) },
                values: values
            )
        }
    }

    /// How many series a query gives at a time, in milliseconds since 1970.
    ///
    /// - Throws: ``TestSupportError`` with Prometheus' message if it fails.
    public func count(_ selector: String, at time: Int64) async throws -> Int {
        try await ask([("query", selector), ("time", Self.seconds(time))]).data.result.count
    }

    private func ask(_ form: [(String, String)]) async throws -> StoredAnswer {
        let response = try await HTTP.request(
            "POST",
            "\(url)/api/v1/query",
            headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: Array(FormBody.of(form).utf8)
        )
        do {
            return try JSONDecoder().decode(StoredAnswer.self, from: Data(response.body))
        } catch {
            throw TestSupportError("\(form): \(error): \(response.text.prefix(1000))")
        }
    }

    private static func seconds(_ milliseconds: Int64) -> String {
        let rest = String(milliseconds % 1000)
        return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - rest.utf8.count))\(rest)"
    }
}

private struct StoredAnswer: Decodable {
    struct Body: Decodable {
        var result: [Entry]
    }

    struct Entry: Decodable {
        var metric: [String: String]
        var values: [Point]?
    }

    struct Point: Decodable {
        var time: Double
        var value: String

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            time = try container.decode(Double.self)
            value = try container.decode(String.self)
        }
    }

    var data: Body
}
