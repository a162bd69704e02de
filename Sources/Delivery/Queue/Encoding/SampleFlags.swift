import Exposition

/// What the first byte of an encoded sample says about the rest.
struct SampleFlags: OptionSet, Sendable, Hashable {
    let rawValue: UInt8

    /// The service is that of the sample before; otherwise a text follows.
    static let sameService = SampleFlags(rawValue: 1)
    /// The family is that of the sample before; otherwise a family follows.
    static let sameFamily = SampleFlags(rawValue: 2)
    /// The name is that of the family; otherwise, and if it is not the name of the sample before, a text follows.
    static let familyName = SampleFlags(rawValue: 4)
    /// The name is that of the sample before.
    static let sameName = SampleFlags(rawValue: 8)
    /// The timestamp is that of the sample before; otherwise the difference follows.
    static let sameTimestamp = SampleFlags(rawValue: 16)
    /// The value is a whole number, which follows; otherwise the bits of a double follow.
    static let wholeValue = SampleFlags(rawValue: 32)
    /// The labels are those of the sample before; otherwise their number and the labels follow.
    static let sameLabels = SampleFlags(rawValue: 64)

    /// Whether a byte is one that an encoder writes.
    var isValid: Bool { rawValue < 128 && !isSuperset(of: [.familyName, .sameName]) }
}

extension MetricKind {
    /// The number that stands for it on disk.
    var code: UInt8 {
        switch self {
        case .unknown: 0
        case .counter: 1
        case .gauge: 2
        case .histogram: 3
        case .summary: 4
        case .info: 5
        }
    }

    /// The kind that a number stands for.
    init?(code: UInt8) {
        guard let kind = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = kind
    }
}
