/// Merges the families of many targets into one page.
///
/// Families come sorted by name, each once, with the samples of the sections in the order given. What clashes is left
/// out and reported, so that a page is always valid: of families with one name and different types those of the first
/// section stay, and of equal series the first. To have a page of some targets only, give it their sections only.
///
/// ```swift
/// let builder = PageBuilder(format: .negotiate(accept: request.headers[.accept]))
/// var chunks = builder.chunks(of: sections)
/// while let chunk = chunks.next() { try await writer.write(chunk) }
/// print(chunks.report.samples)
/// ```
public struct PageBuilder: Sendable {
    /// The size of the chunks that a page is handed out in, in bytes.
    public static let chunkSize = 65_536

    /// The format of the pages.
    public let format: ExpositionFormat

    /// Creates a builder.
    public init(format: ExpositionFormat) {
        self.format = format
    }

    /// The page in pieces of about ``chunkSize`` bytes, made as they are asked for.
    public func chunks(of sections: [PageSection]) -> PageChunks {
        PageChunks(sections, format)
    }

    /// Writes a page in pieces of about ``chunkSize`` bytes.
    ///
    /// - Parameters:
    ///   - sections: The targets.
    ///   - sink: Takes a piece. If it throws, writing ends.
    /// - Returns: What was written.
    public func write<Failure: Error>(
        _ sections: [PageSection],
        to sink: ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) -> PageReport {
        var chunks = chunks(of: sections)
        while let chunk = chunks.next() { try sink(chunk) }
        return chunks.report
    }

    /// The whole page as text, for small programs and for tests: it is in memory twice.
    public func text(of sections: [PageSection]) -> String {
        String(decoding: Array(chunks(of: sections).joined()), as: UTF8.self)
    }
}
