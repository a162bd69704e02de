/// A page in pieces, made as they are asked for, so that memory does not grow with the page.
public struct PageChunks: IteratorProtocol, Sequence, Sendable {
    /// What was made so far; complete after ``next()`` returned nil.
    public private(set) var report: PageReport

    private let format: ExpositionFormat
    /// Keeps the families of the groups alive.
    private let sections: [PageSection]
    private let groups: [PageGroup]
    private let members: PageMembers
    private var log: ProblemLog
    /// The names of all families, if the format needs to know them, and those that took another than their own.
    private let names: [ExactName: Int]
    private var shortNames: Set<ExactName> = []

    /// The group that comes next, and the member if the group's header is done.
    private var position = 0
    private var member: Int?
    private var isEnded = false
    /// What is being copied piece by piece, and how much of it was copied.
    private var current: [UInt8] = []
    private var copied = 0

    init(_ sections: [PageSection], _ format: ExpositionFormat) {
        self.format = format
        self.sections = sections
        var plan = PagePlan(sections, format)
        plan.resolveSuffixCollisions()
        plan.resolveDuplicates()
        groups = plan.sortedGroups()
        members = plan.members
        names = format.isOpenMetrics ? plan.names : [:]
        log = plan.log
        report = PageReport(problems: log.problems)
    }

    /// The next piece; nil at the end.
    public mutating func next() -> [UInt8]? {
        var chunk: [UInt8] = []
        chunk.reserveCapacity(PageBuilder.chunkSize)
        while chunk.count < PageBuilder.chunkSize {
            if copied == current.count, !advance(&chunk) { break }
            let length = Swift.min(PageBuilder.chunkSize - chunk.count, current.count - copied)
            current.withUnsafeBufferPointer { bytes in
                chunk.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[copied..<(copied + length)]))
            }
            copied += length
        }
        if chunk.isEmpty {
            report.problems = log.problems
            return nil
        }
        report.bytes += chunk.count
        return chunk
    }

    /// Appends what fits into a chunk as a whole and makes what does not the current piece; returns false at the end.
    private mutating func advance(_ chunk: inout [UInt8]) -> Bool {
        copied = 0
        current.removeAll(keepingCapacity: true)
        while position < groups.count {
            if member == nil {
                member = groups[position].start
                report.families += 1
                if !appendHeader(of: groups[position], to: &chunk) { return true }
            }
            let end = groups[position].members.upperBound
            while let next = member, next < end {
                member = next + 1
                if let count = members.append(next, in: format, limit: Self.room(in: chunk), to: &chunk) {
                    report.samples += count
                    continue
                }
                let rendition = members.rendition(of: next, in: format)
                report.samples += rendition.sampleCount
                if !rendition.problems.isEmpty { log.add(rendition.problems) }
                current = rendition.body
                return true
            }
            position += 1
            member = nil
        }
        if !isEnded, format.isOpenMetrics { current = Array("# EOF\n".utf8) }
        isEnded = true
        return !current.isEmpty
    }

    /// Appends a header if it fits, or else makes it the current piece and returns false.
    private mutating func appendHeader(of group: PageGroup, to chunk: inout [UInt8]) -> Bool {
        let header = group.header
        if header.maximumLength <= Self.room(in: chunk) {
            append(header, to: &chunk)
            return true
        }
        var lines: [UInt8] = []
        append(header, to: &lines)
        current = lines
        return false
    }

    private mutating func append(_ header: PageHeader, to lines: inout [UInt8]) {
        guard format.isOpenMetrics else { return header.appendText(to: &lines) }
        // OpenMetrics drops the suffix of a counter or an info from the family's name; that name may be taken.
        let shortName = header.shortName.flatMap { name in
            names[ExactName(name)] == nil && shortNames.insert(ExactName(name)).inserted ? name : nil
        }
        header.appendOpenMetrics(shortName: shortName, to: &lines)
    }

    private static func room(in chunk: [UInt8]) -> Int { PageBuilder.chunkSize - chunk.count }
}
