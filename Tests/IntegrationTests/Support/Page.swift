import Exposition
import TestSupport

/// A page in the text format that has been checked as a whole: it parses, no series is there twice, and every family
/// is in one piece.
struct Page: Sendable {
    /// One sample.
    struct Sample: Sendable {
        var name: String
        var labels: [String: String]
        var value: Double
    }

    let samples: [Sample]
    let bytes: [UInt8]

    /// - Throws: `TestSupportError` or `TextParseError` that says what is wrong with the page.
    init(_ bytes: [UInt8]) throws {
        self.bytes = bytes
        var samples: [Sample] = []
        var families: Set<String> = []
        var series: Set<ArraySlice<UInt8>> = []
        var family = ""
        try TextParser.forEach(in: bytes) { event in
            switch event {
            case .comment, .help: break
            case .type(let name, _):
                family = name
                guard families.insert(name).inserted else {
                    throw TestSupportError("the family \(name) is not in one piece")
                }
            case .sample(let sample):
                guard series.insert(sample.seriesText).inserted else {
                    throw TestSupportError("twice: \(String(decoding: sample.seriesText, as: UTF8.self))")
                }
                let name = sample.name
                guard name == family || ["_bucket", "_sum", "_count"].contains(where: { name == family + $0 }) else {
                    throw TestSupportError("\(name) stands under \(family)")
                }
                let labels = Dictionary(sample.labels.map { ($0.name, $0.value) }) { first, _ in first }
                samples.append(Sample(name: name, labels: labels, value: sample.value))
            }
        }
        self.samples = samples
    }

    /// The samples with a name and all of these labels.
    func samples(_ name: String, _ labels: [String: String] = [:]) -> [Sample] {
        samples.filter { sample in sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value } }
    }

    /// The value of the only such sample; nil if there is none, or more than one.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let found = samples(name, labels)
        return found.count == 1 ? found[0].value : nil
    }

    /// Whether a service counts as up.
    func isUp(_ service: String) -> Bool { value("muster_service_up", ["service": service]) == 1 }

    /// When a service was last collected from, in seconds since 1970.
    func lastCollection(_ service: String) -> Double? {
        value("muster_service_last_collect_timestamp_seconds", ["service": service])
    }

    /// The values of the label `service` of the samples with a name.
    func services(_ name: String) -> Set<String> { Set(samples(name).compactMap { $0.labels["service"] }) }
}
