import Crypto
import Glibc
import Settings

/// The files of a file source and what was last read from each.
///
/// - A file that cannot be read or makes no sense keeps its last good list, with a problem that says so, for at most
///   `keepBroken`.
/// - A file that is gone takes its services with it. It counts as gone only while the folder it was found from is
///   there: a folder that is gone or unreadable (an unmounted volume) keeps the last lists.
/// - A file that has not changed is not parsed again.
struct FileCatalog: Sendable {
    private struct File: Sendable {
        var fingerprint: FileFingerprint?
        var digest: SHA256Digest?
        /// Whether the fingerprint is old enough to tell a later change: file systems stamp coarsely.
        var isSettled = false
        var list: ServiceFile?
        var fault: SourceProblem?
        var faultSince: Duration?
    }

    private let patterns: [PathPattern]
    private let keepBroken: Duration
    private var files: [String: File] = [:]
    private var order: [String] = []
    private var matched: [[String]]
    private var hasListed = false
    private var listing = SourceListing()
    private var isChanged = true
    private var patience = Self.maximumPatience

    /// The most files that a source reads.
    static let maximumFiles = 10_000
    /// How long a file must not have been written to before it is read, in nanoseconds.
    private static let quiet: Int64 = 50_000_000
    /// How long one reading waits for writers at most, in nanoseconds.
    private static let maximumPatience: Int64 = 500_000_000
    /// A younger fingerprint may stay the same though the file changes, in nanoseconds.
    private static let settled: Int64 = 2_000_000_000

    init(patterns: [PathPattern], keepBroken: Duration) {
        self.patterns = patterns
        self.keepBroken = keepBroken
        matched = Array(repeating: [], count: patterns.count)
    }

    /// Reads what has changed and lists everything.
    ///
    /// - Parameters:
    ///   - now: The time on any clock that does not jump.
    ///   - isCancelled: Asked between files.
    /// - Throws: ``SourceError`` if nothing is known of any file, `CancellationError` when cancelled.
    mutating func read(now: Duration, isCancelled: () -> Bool) throws -> SourceListing {
        patience = Self.maximumPatience
        var problems: [SourceProblem] = []
        let found = find(&problems)
        for path in found.paths {
            if isCancelled() { throw CancellationError() }
            let isGone = refresh(path, now: now, keepMissing: found.uncertain.contains(path))
            if isGone, patterns.contains(where: { $0.isPlain && $0.text == path }) {
                problems.append(SourceProblem(entry: path, reason: "does not exist"))
            }
        }
        let present = Set(found.paths)
        for path in files.keys where !present.contains(path) { forget(path) }
        let order = found.paths.filter { files[$0] != nil }
        if order != self.order {
            self.order = order
            isChanged = true
        }
        for path in order { expire(path, now: now) }
        problems += order.compactMap { files[$0]?.fault }
        return try list(problems)
    }

    private mutating func list(_ problems: [SourceProblem]) throws -> SourceListing {
        let isKnown = order.contains { files[$0]?.list != nil }
        if !isKnown, !hasListed, let first = problems.first {
            let more = problems.count > 1 ? " (and \(problems.count - 1) more)" : ""
            throw SourceError(first.position == nil ? .unavailable : .invalid, first.description + more)
        }
        hasListed = true
        if isChanged {
            isChanged = false
            listing = SourceListing()
            for path in order {
                guard let list = files[path]?.list else { continue }
                listing.services += list.services
                listing.problems += list.problems
            }
            listing.collapseDuplicates()
        }
        return problems.isEmpty
            ? listing : SourceListing(services: listing.services, problems: problems + listing.problems)
    }

    /// The paths to read, and those of which it is not known whether they are gone when they are not there.
    private mutating func find(_ problems: inout [SourceProblem]) -> (paths: [String], uncertain: Set<String>) {
        var paths: [String] = []
        var seen: Set<String> = []
        var uncertain: Set<String> = []
        for (index, pattern) in patterns.enumerated() {
            do {
                _ = try FileFingerprint(path: pattern.base)
                matched[index] = try pattern.expand()
            } catch {
                if pattern.isPlain { matched[index] = [pattern.text] }
                uncertain.formUnion(matched[index])
                let kept = matched[index].contains { files[$0]?.list != nil } ? "; its last lists stay" : ""
                problems.append(
                    SourceProblem(entry: pattern.text, reason: "the folder cannot be read: \(error)\(kept)")
                )
            }
            for path in matched[index] where seen.insert(path).inserted { paths.append(path) }
        }
        if paths.count > Self.maximumFiles {
            problems.append(
                SourceProblem(
                    entry: paths[Self.maximumFiles],
                    reason: "one file too many; the first \(Self.maximumFiles) are read"
                )
            )
            paths.removeLast(paths.count - Self.maximumFiles)
        }
        return (paths, uncertain)
    }

    private mutating func forget(_ path: String) {
        if files.removeValue(forKey: path) != nil { isChanged = true }
    }

    /// Reads a file if it has changed.
    ///
    /// - Returns: Whether it is gone.
    private mutating func refresh(_ path: String, now: Duration, keepMissing: Bool) -> Bool {
        do {
            var fingerprint = try FileFingerprint(path: path)
            if let file = files[path], file.isSettled, file.fingerprint == fingerprint { return false }
            fingerprint = try waitForWriters(path, fingerprint)
            try read(path, fingerprint: fingerprint, now: now)
        } catch let error as Errno {
            if error.isMissing, !keepMissing {
                forget(path)
                return true
            }
            // A folder that is gone has its own problem; its files need none each.
            if error.isMissing, files[path]?.list == nil { return false }
            fail(path, "cannot be read: \(error)", now: now)
        } catch let error as BoundedFileError {
            if error.isMissing, !keepMissing {
                forget(path)
                return true
            }
            fail(path, "cannot be read: \(error)", now: now)
        } catch {
            fail(path, "\(error)", now: now)
        }
        return false
    }

    private mutating func read(_ path: String, fingerprint: FileFingerprint, now: Duration) throws {
        let bytes = try BoundedFile.readBytes(path, maximumLength: ServiceFile.limits.length)
        let after = try FileFingerprint(path: path)
        let isSettled =
            after == fingerprint
            && FileFingerprint.now().subtractingReportingOverflow(after.latest).partialValue
                > Self.settled
        let digest = SHA256.hash(data: bytes)
        var file = files[path] ?? File()
        file.fingerprint = after
        file.isSettled = isSettled
        // The same bytes give the same list, or the same complaint.
        let isSame = file.digest == digest
        file.digest = digest
        files[path] = file
        if isSame { return }
        do throws(SettingsError) {
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw SettingsError(SettingsProblem(position: Position(file: path), message: "not valid UTF-8"))
            }
            files[path]?.list = try ServiceFile.parse(text, file: path)
            files[path]?.fault = nil
            files[path]?.faultSince = nil
            isChanged = true
        } catch {
            let first = error.problems.first
            let more = error.problems.count > 1 ? " (and \(error.problems.count - 1) more)" : ""
            fail(path, (first?.message ?? "broken") + more, position: first?.position, now: now)
        }
    }

    private mutating func fail(_ path: String, _ message: String, position: Position? = nil, now: Duration) {
        var file = files[path] ?? File()
        var reason = message
        if let list = file.list {
            reason += "; its last good list of \(list.services.count) services stays"
        }
        // A failure to read says nothing about the bytes: the next reading starts anew.
        if position == nil {
            file.digest = nil
            file.isSettled = false
        }
        file.fault = SourceProblem(entry: path, reason: reason, position: position)
        file.faultSince = file.faultSince ?? now
        files[path] = file
    }

    /// Drops the list of a file that has been broken for too long.
    private mutating func expire(_ path: String, now: Duration) {
        guard let since = files[path]?.faultSince, files[path]?.list != nil, now - since > keepBroken else { return }
        files[path]?.list = nil
        files[path]?.fault?.reason += ", but for \(DurationText.format(keepBroken)) at most: it is dropped now"
        isChanged = true
    }

    /// Waits until a file that was written to a moment ago rests, so that it is not read half-written.
    private mutating func waitForWriters(
        _ path: String,
        _ first: FileFingerprint
    ) throws(Errno) -> FileFingerprint {
        var fingerprint = first
        while true {
            let age = FileFingerprint.now().subtractingReportingOverflow(fingerprint.latest).partialValue
            guard age >= 0, age < Self.quiet, patience > 0 else { return fingerprint }
            let rest = min(Self.quiet - age, patience)
            patience -= rest
            var time = timespec(tv_sec: 0, tv_nsec: Int(rest))
            nanosleep(&time, nil)
            fingerprint = try FileFingerprint(path: path)
        }
    }
}
