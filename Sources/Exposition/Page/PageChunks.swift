/// A page in pieces, made as they are asked for, so that memory does not grow with the page.
public struct PageChunks: IteratorProtocol, Sequence, Sendable {
    /// What was made so far; complete after ``next()`` returned nil.
    public private(set) var report: PageReport

    private let format: ExpositionFormat
    /// Keeps the families of the groups alive.
    private let sections: [PageSection]
    private let groups: [PageGroup]
    private var log: ProblemLog
    private var openMetricsNames: Set<ExactName> = []

    /// The group and the member that come next.
    private var position = 0
    private var member = 0
    private var isHeaderDone = false
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
        log = plan.log
        report = PageReport(problems: log.problems)
        if format.isOpenMetrics { openMetricsNames = Set(groups.map { ExactName($0.name) }) }
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
        while position < groups.count {
            let group = groups[position]
            if !isHeaderDone {
                isHeaderDone = true
                current = header(of: group)
                report.families += 1
                return true
            }
            while member < group.count {
                let room = PageBuilder.chunkSize - chunk.count
                guard let count = group.appendCanonical(member, in: format, limit: room, to: &chunk) else {
                    let rendition = group.rendition(of: member, in: format)
                    member += 1
                    report.samples += rendition.sampleCount
                    if !rendition.problems.isEmpty { log.add(rendition.problems) }
                    current = rendition.body
                    return true
                }
                member += 1
                report.samples += count
            }
            position += 1
            member = 0
            isHeaderDone = false
        }
        current = !isEnded && format.isOpenMetrics ? Array("# EOF\n".utf8) : []
        let hasMore = !current.isEmpty
        isEnded = true
        return hasMore
    }

    private mutating func header(of group: PageGroup) -> [UInt8] {
        let header = PageHeader(name: group.name, kind: group.kind, help: group.help, unit: group.unit)
        guard format.isOpenMetrics else { return header.text() }
        // OpenMetrics drops the suffix of a counter or an info from the family's name; that name may be taken.
        let isFree = header.shortName.map { openMetricsNames.insert(ExactName($0)).inserted } ?? true
        return header.openMetrics(isShortNameFree: isFree)
    }
}
