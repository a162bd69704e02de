import Foundation

@testable import Analysis

/// Vectors computed by an independent implementation; see Resources.
enum Golden {
    struct MissingResource: Error {
        var name: String
    }

    static func data(_ name: String) throws -> Data {
        guard let url = Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Resources") else {
            throw MissingResource(name: name)
        }
        return try Data(contentsOf: url)
    }

    /// A series of little-endian doubles.
    static func series(_ name: String) throws -> [Double] {
        let bytes = try data(name + ".f64")
        return bytes.withUnsafeBytes { raw in
            (0..<raw.count / 8).map {
                Double(bitPattern: UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)))
            }
        }
    }

    /// What the reference said about one value, and its state afterwards.
    struct Event {
        var index: Int
        var status: String
        var threshold: Double
        var quantile: Double
        var probability: Double
        var observations: UInt64
        var excesses: UInt64
    }

    /// The events of a series by index.
    static func events(_ name: String) throws -> [Event] {
        let text = String(decoding: try data(name + ".events.csv"), as: UTF8.self)
        return try text.split(separator: "\n").dropFirst().map { line in
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count == 12, let index = Int(fields[0]), let threshold = Double(fields[5]),
                let quantile = Double(fields[6]), let probability = Double(fields[7]), let n = UInt64(fields[8]),
                let excesses = UInt64(fields[9])
            else { throw MissingResource(name: "\(name): \(line)") }
            return Event(
                index: index,
                status: String(fields[3]),
                threshold: threshold,
                quantile: quantile,
                probability: probability,
                observations: n,
                excesses: excesses
            )
        }
    }

    /// A set of excesses with the maximum of its likelihood.
    struct FitCase: Decodable, CustomStringConvertible {
        struct Quantile: Decodable {
            var s: Double
            var q: Double
            var excess_quantile: Double
        }
        struct Probability: Decodable {
            var s: Double
            var d: Double
            var prob: Double
        }
        var name: String
        var excesses: [Double]
        var kind: String
        var gamma: Double
        var sigma: Double
        var loglik: Double
        var quantiles: [Quantile]
        var probabilities: [Probability]
        var description: String { name }
    }

    static func fitCases() throws -> [FitCase] {
        try JSONDecoder().decode([FitCase].self, from: data("fit_vectors.json"))
    }
}

/// Whether two numbers agree to a share of the larger.
func agree(_ first: Double, _ second: Double, _ tolerance: Double) -> Bool {
    if first.isNaN || second.isNaN { return first.isNaN && second.isNaN }
    return abs(first - second) <= tolerance * max(abs(first), abs(second))
}
