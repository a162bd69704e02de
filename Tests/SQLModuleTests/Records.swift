import ExportingModules
import Exposition
import Foundation
import TestSupport

@testable import SQLModule

/// Records for tests.
enum Records {
    static let start: Int64 = 1_790_000_000_123

    /// Series whose names and labels hold everything that is special somewhere.
    static let hostile: [LabelSet] = [
        [:], ["q": "a 'b' \"c\", d;\n\te\\f\\.\\N\r"], ["ü \"x\"": "größe € 𝄞 e\u{301}"], ["u": "\u{e9}"],
        ["u": "e\u{301}"],
        ["json": "{\"a\": [1, null]}", "z": "\u{1}\u{7f}\u{85}\u{2028}"], ["sql": "'); DROP TABLE muster_samples; --"],
    ]

    static let values: [Double] = [
        0, -0.0, 1.5, 0.1, 1 / 3, .leastNonzeroMagnitude, -1.797_693_134_862_315_7e308, 123_456_789_012_345_680,
        .infinity, -.infinity,
        .nan,
    ]

    static func samples(_ count: Int, from first: Int = 0, series: Int = 10) -> [Sample] {
        (first..<(first + count)).map { index in
            Sample(
                name: "m",
                service: "s",
                labels: ["n": "\(index % series)"],
                value: Double(index),
                timestamp: start + Int64(index / series) * 1000
            )
        }
    }

    static let alert = Alert(
        id: "17-up-'00ff'",
        state: .firing,
        status: .up,
        stat: "connections",
        service: "orders-db",
        labels: ["db": "or\"ders"],
        value: .infinity,
        probability: 3e-7,
        threshold: 60.5,
        start: start
    )
}

/// What a database holds, read by something else than the module.
struct StoredSample: Hashable {
    var time: Int64
    var name: String
    var service: String
    var labels: LabelSet
    var kind: String
    /// The bits, so that NaN and the sign of zero count; nil for NULL.
    var value: UInt64?

    init(time: Int64, name: String, service: String, labels: LabelSet, kind: String, value: Double?) {
        self.time = time
        self.name = name
        self.service = service
        self.labels = labels
        self.kind = kind
        self.value = value.map { $0.isNaN ? Double.nan.bitPattern : $0.bitPattern }
    }

    init(_ sample: Sample) {
        self.init(
            time: sample.timestamp,
            name: sample.name,
            service: sample.service,
            labels: sample.labels,
            kind: sample.kind.rawValue,
            value: sample.value
        )
    }
}

/// Labels from JSON.
func labels(_ json: String) throws -> LabelSet {
    let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: String]
    return LabelSet((object ?? [:]).map { Label($0.key, $0.value) })
}

/// Starts a module with a short timeout, which a busy machine may not keep at once.
func startEventually(_ module: SQLModule) async throws {
    try await waitUntil("the module is started") {
        try await module.start(series: "run")
        return true
    }
}
