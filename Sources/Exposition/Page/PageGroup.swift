/// One family of a page: what all sections together have of it.
///
/// It does not count references to the families, since that would be the greater part of the cost of a page: whoever
/// holds a group must hold the sections that its families come from.
struct PageGroup: Sendable {
    let kind: MetricKind
    /// The first family, whose name is the group's if it needs no escaping.
    private let first: Unmanaged<EncodedFamily>
    private let escapedName: String?
    /// The families whose help text and unit count: the first that have one.
    private var help: Unmanaged<EncodedFamily>?
    private var unit: Unmanaged<EncodedFamily>?

    /// The section that the last family came from.
    private var lastSection: Int32 = -1
    /// Whether one section has several families for it.
    private(set) var hasRepeatedSections = false
    /// How many families there are.
    private(set) var count = 0
    /// The position of the first of them among the members of all groups, once those are in order.
    var start = 0

    /// Creates a group without members for families like this one.
    init(of family: EncodedFamily, escapedName: String?) {
        kind = family.kind
        first = Unmanaged.passUnretained(family)
        self.escapedName = escapedName
    }

    /// The name, escaped as the page wants it.
    var name: String { escapedName ?? first._withUnsafeGuaranteedRef { $0.name } }

    /// Whether the name is written without quotes.
    var hasPlainName: Bool {
        escapedName.map(NameRules.isPlainMetricName) ?? first._withUnsafeGuaranteedRef { $0.hasPlainName }
    }

    /// The positions of its families among the members of all groups.
    var members: Range<Int> { start..<(start + count) }

    var header: PageHeader {
        PageHeader(
            name: name,
            hasPlainName: hasPlainName,
            kind: kind,
            help: help?._withUnsafeGuaranteedRef { $0.help } ?? "",
            unit: unit?._withUnsafeGuaranteedRef { $0.unit }
        )
    }

    /// Takes note of a family.
    @inline(__always)
    mutating func add(_ family: EncodedFamily, section: Int32) {
        if help == nil, !family.help.isEmpty { help = Unmanaged.passUnretained(family) }
        if unit == nil, family.unit != nil { unit = Unmanaged.passUnretained(family) }
        if lastSection == section { hasRepeatedSections = true }
        lastSection = section
        count += 1
    }

    /// Leaves all families out.
    mutating func removeAll() {
        count = 0
    }

    /// Calls `body` with the bytes of the name, without counting a reference.
    @inline(__always)
    func withName<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let escapedName { return escapedName.withBytes(body) }
        return first._withUnsafeGuaranteedRef { $0.name.withBytes(body) }
    }

    /// Whether a family has this name.
    @inline(__always)
    func isNamed(likePlain family: EncodedFamily) -> Bool {
        if let escapedName { return family.name.hasSameBytes(as: escapedName) }
        return first._withUnsafeGuaranteedRef { family.name.hasSameBytes(as: $0.name) }
    }
}
