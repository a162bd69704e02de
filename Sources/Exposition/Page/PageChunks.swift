/// A page in pieces, made as they are asked for, so that memory does not grow with the page.
public struct PageChunks: IteratorProtocol, Sequence, Sendable {
    /// What was made so far; complete after ``next()`` returned nil.
    public private(set) var report: PageReport

    private let format: ExpositionFormat
    private let groups: [PageGroup]
    private var log: ProblemLog
    private var openMetricsNames: Set<ExactName> = []

    private var group = 0
    private var member = 0
    /// What is being copied, and how much of it was copied.
    private var current: [UInt8] = []
    private var copied = 0
    private var isHeaderDone = false
    private var isEnded = false

    init(_ sections: [PageSection], _ format: ExpositionFormat) {
        self.format = format
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
            if copied == current.count, !advance() { break }
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

    /// Makes the next header or body the current one; returns false at the end.
    private mutating func advance() -> Bool {
        copied = 0
        while group < groups.count {
            if !isHeaderDone {
                isHeaderDone = true
                current = header(of: group)
                report.families += 1
                return true
            }
            if member < groups[group].members.count {
                let rendition = groups[group].rendition(of: member, in: format)
                member += 1
                report.samples += rendition.sampleCount
                if !rendition.problems.isEmpty { log.add(rendition.problems) }
                current = rendition.body
                return true
            }
            group += 1
            member = 0
            isHeaderDone = false
        }
        current = !isEnded && format.isOpenMetrics ? Array("# EOF\n".utf8) : []
        let hasMore = !current.isEmpty
        isEnded = true
        return hasMore
    }

    private mutating func header(of index: Int) -> [UInt8] {
        let group = groups[index]
        let header = PageHeader(name: group.name, kind: group.kind, help: group.help, unit: group.unit)
        guard format.isOpenMetrics else { return header.text() }
        // OpenMetrics drops the suffix of a counter or an info from the family's name; that name may be taken.
        let isFree = header.shortName.map { openMetricsNames.insert(ExactName($0)).inserted } ?? true
        return header.openMetrics(isShortNameFree: isFree)
    }
}
