import ExportingModules
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Delivery

@Suite struct DiskQueueDamageTests {
    private let fixture: QueueFixture

    init() throws {
        fixture = try QueueFixture()
    }

    /// A closed queue with 10 chunks of 100 samples, of which 50 are delivered, and two alerts.
    private func prepare() async throws {
        let queue = try fixture.open()
        for number in 0..<10 { _ = try await queue.append([Make.batch(number * 100..<number * 100 + 100)]) }
        try await queue.append(alerts: [(time: 1, alert: Make.alert(1)), (time: 2, alert: Make.alert(2))])
        let samples = try #require(await queue.nextSamples(limit: 50))
        try await queue.settle(samples, .accepted(count: 50))
        await queue.close()
    }

    private func change(_ sql: String, _ arguments: StatementArguments = []) throws {
        let database = try DatabaseQueue(path: fixture.file)
        try database.write { try $0.execute(sql: sql, arguments: arguments) }
        try database.close()
    }

    private var asides: [String] { fixture.names.filter { $0.contains(".damaged-") } }

    @Test func aChangedChunkIsCutOutAndCounted() async throws {
        try await prepare()
        let database = try DatabaseQueue(path: fixture.file)
        try await database.write { database in
            var body = try #require(try Data.fetchOne(database, sql: "SELECT body FROM bodies WHERE id = 4"))
            body[40] ^= 1
            try database.execute(sql: "UPDATE bodies SET body = ? WHERE id = 4", arguments: [body])
        }
        try database.close()
        let queue = try fixture.open()
        #expect(try await queue.drain() == Array(50..<300) + Array(400..<1_000))
        let counts = queue.counts().samples
        #expect(counts.dropped.corrupt == 100)
        #expect(counts.isBalanced)
        #expect(counts.backlog == 0)
        #expect(fixture.events == [.corruptSamples(time: 1_000, count: 100, reason: "the checksum is wrong at byte 1")])
        await queue.close()
    }

    @Test(arguments: ["x''", "x'02'", "x'0100000000'", "zeroblob(1000)", "'text'", "7"])
    func anythingInPlaceOfAChunkIsCutOut(value: String) async throws {
        try await prepare()
        try change("UPDATE bodies SET body = \(value) WHERE id = 1")
        let queue = try fixture.open()
        #expect(try await queue.drain() == Array(100..<1_000))
        #expect(queue.counts().samples.dropped.corrupt == 50)
        #expect(queue.counts().samples.isBalanced)
        await queue.close()
    }

    @Test func aChunkWithoutABodyIsCutOut() async throws {
        try await prepare()
        try change("DELETE FROM bodies WHERE id = 10")
        let queue = try fixture.open()
        #expect(try await queue.drain() == Array(50..<900))
        #expect(queue.counts().samples.dropped.corrupt == 100)
        #expect(queue.counts().samples.isBalanced)
        await queue.close()
    }

    @Test func aChangedAlertIsCutOutAndCounted() async throws {
        try await prepare()
        try change("UPDATE alerts SET body = zeroblob(70) WHERE id = 1")
        let queue = try fixture.open()
        #expect(try await queue.nextAlert()?.alert == Make.alert(2))
        #expect(queue.counts().alerts.dropped.corrupt == 1)
        #expect(queue.counts().alerts.isBalanced)
        #expect(fixture.events == [.corruptAlert(time: 1, reason: "version 0 is unknown at byte 0")])
        await queue.close()
    }

    @Test func rowsThatAreMissingAreCountedAsDropped() async throws {
        try await prepare()
        try change("DELETE FROM chunks WHERE id IN (3, 4); DELETE FROM alerts WHERE id = 2")
        let queue = try fixture.open()
        #expect(queue.counts().samples.dropped.corrupt == 200)
        #expect(queue.counts().samples.backlog == 750)
        #expect(queue.counts().samples.isBalanced)
        #expect(queue.counts().alerts.dropped.corrupt == 1)
        #expect(queue.counts().alerts.isBalanced)
        #expect(fixture.events == [.recounted(missing: 201, surplus: 0)])
        await queue.close()
        // It is settled once and for all.
        let again = try fixture.open()
        #expect(again.counts().samples.dropped.corrupt == 200)
        #expect(fixture.events.count == 1)
        #expect(try await again.drain() == Array(50..<200) + Array(400..<1_000))
        await again.close()
    }

    @Test(arguments: [Int64.max, -3, 0, 1 << 60])
    func aChunkWithANumberThatCannotBeIsDropped(number: Int64) async throws {
        try await prepare()
        try change("UPDATE chunks SET id = ? WHERE id = 10", [number])
        let queue = try fixture.open()
        #expect(queue.counts().samples.dropped.corrupt == 100)
        #expect(queue.counts().samples.isBalanced)
        #expect(try await queue.drain() == Array(50..<900))
        await queue.close()
    }

    @Test(arguments: [
        "UPDATE chunks SET count = 90 WHERE id = 5", "UPDATE chunks SET count = 110 WHERE id = 5",
        "UPDATE chunks SET count = -1 WHERE id = 5", "UPDATE chunks SET count = 9223372036854775807 WHERE id = 5",
        "UPDATE chunks SET count = 'x' WHERE id = 5", "UPDATE chunks SET bytes = -5 WHERE id = 5",
        "UPDATE chunks SET bytes = 9223372036854775807 WHERE id = 5", "UPDATE chunks SET settled = x'ff' WHERE id = 5",
        "UPDATE chunks SET settled = 'x' WHERE id = 5", "UPDATE chunks SET time = 'x' WHERE id = 5",
    ])
    func aChangedRowIsMendedFromItsChunk(sql: String) async throws {
        try await prepare()
        try change(sql)
        let queue = try fixture.open()
        let counts = queue.counts().samples
        #expect(counts.backlog == 950)
        #expect(counts.isBalanced)
        #expect(counts.dropped.total == 0)
        #expect(try await queue.drain() == Array(50..<1_000))
        #expect(asides.isEmpty)
        await queue.close()
    }

    @Test func samplesWhoseSettlementIsForgottenComeAgain() async throws {
        try await prepare()
        try change("UPDATE chunks SET settled = NULL WHERE id = 1")
        let queue = try fixture.open()
        #expect(queue.counts().samples.isBalanced)
        #expect(fixture.events == [.recounted(missing: 0, surplus: 50)])
        #expect(try await queue.drain() == Array(0..<1_000))
        await queue.close()
    }

    @Test(arguments: [
        "UPDATE counters SET added = -1", "UPDATE counters SET delivered = 9223372036854775807",
        "UPDATE counters SET next = 'x'", "DELETE FROM counters WHERE kind = 'alerts'", "DROP TABLE chunks",
        "CREATE TABLE other (x)", "CREATE TRIGGER t AFTER DELETE ON chunks BEGIN DELETE FROM alerts; END",
        "DROP TABLE bodies; CREATE VIEW bodies AS SELECT 1 AS id, x'00' AS body",
    ])
    func tablesThatAreNotOursArePutAside(sql: String) async throws {
        try await prepare()
        try change(sql)
        let queue = try fixture.open()
        #expect(queue.counts() == QueueCounts())
        #expect(asides == ["queue.db.damaged-\(fixture.now)"])
        guard case .replaced(fixture.file, _, _)? = fixture.events.first else {
            Issue.record("\(fixture.events)")
            return
        }
        _ = try await queue.append([Make.batch(0..<3)])
        #expect(try await queue.drain() == [0, 1, 2])
        await queue.close()
    }

    @Test func whatIsNoDatabaseIsPutAside() async throws {
        try fixture.write(Array("this is not a database, whatever its name says. ".utf8), to: fixture.file)
        let queue = try fixture.open()
        _ = try await queue.append([Make.batch(0..<3)])
        #expect(try await queue.drain() == [0, 1, 2])
        #expect(asides == ["queue.db.damaged-\(fixture.now)"])
        #expect(fixture.bytes(of: fixture.folder.path(asides[0])).starts(with: Array("this is not".utf8)))
        await queue.close()
    }

    @Test(arguments: [18, 19, 44])
    func aHeaderOfAVersionThatThereIsNotIsPutAside(place: Int) async throws {
        try await prepare()
        var bytes = fixture.bytes(of: fixture.file)
        bytes[place] = 77
        try fixture.write(bytes, to: fixture.file)
        let queue = try fixture.open()
        _ = try await queue.append([Make.batch(0..<3)])
        #expect(try await queue.drain() == [0, 1, 2])
        #expect(asides.count == 1)
        await queue.close()
    }

    @Test func anEmptyFileIsANewQueue() async throws {
        try fixture.write([], to: fixture.file)
        let queue = try fixture.open()
        #expect(queue.counts() == QueueCounts())
        #expect(fixture.events.isEmpty)
        await queue.close()
    }

    @Test func aDatabaseOfSomethingElseIsLeftAlone() throws {
        let database = try DatabaseQueue(path: fixture.file)
        try database.write { try $0.execute(sql: "CREATE TABLE people (name TEXT)") }
        try database.close()
        let before = fixture.bytes(of: fixture.file)
        let error = #expect(throws: QueueError.self) { try fixture.open() }
        #expect(error?.code == .incompatible)
        #expect(error?.message == "\(fixture.file): it is a database of something else")
        #expect(fixture.bytes(of: fixture.file) == before)
        #expect(asides.isEmpty)
    }

    @Test func aNewerVersionIsLeftAlone() async throws {
        try await prepare()
        try change("PRAGMA user_version = 2")
        let error = #expect(throws: QueueError.self) { try fixture.open() }
        #expect(error?.code == .incompatible)
        #expect(asides.isEmpty)
    }

    /// Wherever the log ends, the queue opens, and its sums are exact for what is there.
    @Test func aLogThatIsCutOffAnywhereIsReadUpToThere() async throws {
        let queue = try fixture.open { $0.walPages = 100_000 }
        var states: Set<QueueCounts> = [QueueCounts()]
        for number in 0..<12 {
            _ = try await queue.append([Make.batch(number * 30..<number * 30 + 30)])
            states.insert(queue.counts())
            let samples = try #require(await queue.nextSamples(limit: 20))
            let delivery = Delivery(count: 20, .accepted, exceptions: [3: .retry(after: nil, reason: "later")])
            try await queue.settle(samples, delivery)
            states.insert(queue.counts())
        }
        let main = fixture.bytes(of: fixture.file)
        let log = fixture.bytes(of: fixture.file + "-wal")
        await queue.close()
        var random = SeededGenerator(seed: 1)
        var cuts = [0, 1, 31, 32, 33, log.count - 1, log.count]
        cuts += (0..<60).map { _ in Int.random(in: 0...log.count, using: &random) }
        var best = 0
        for cut in cuts {
            let path = fixture.folder.path("cut.db")
            try fixture.write(main, to: path)
            try fixture.write(Array(log.prefix(cut)), to: path + "-wal")
            let found = try fixture.open(file: path)
            #expect(states.contains(found.counts()), "cut at \(cut)")
            best = max(best, found.counts().samples.added)
            let left = found.counts().samples.backlog
            #expect(try await found.drain().count == left)
            #expect(found.counts().samples.isBalanced)
            await found.close()
        }
        #expect(best == 360)
        #expect(fixture.events.isEmpty)
    }

    @Test func aLogWithChangedBytesIsReadUpToThere() async throws {
        let queue = try fixture.open { $0.walPages = 100_000 }
        for number in 0..<12 { _ = try await queue.append([Make.batch(number * 30..<number * 30 + 30)]) }
        let main = fixture.bytes(of: fixture.file)
        let log = fixture.bytes(of: fixture.file + "-wal")
        await queue.close()
        var random = SeededGenerator(seed: 2)
        for _ in 0..<60 {
            let path = fixture.folder.path("changed.db")
            var changed = log
            changed[Int.random(in: 0..<log.count, using: &random)] ^= 0x40
            try fixture.write(main, to: path)
            try fixture.write(changed, to: path + "-wal")
            let found = try fixture.open(file: path)
            #expect(found.counts().samples.isBalanced)
            #expect(try await found.drain().elementsEqual(0..<found.counts().samples.added))
            await found.close()
        }
    }

    /// Wherever the file is changed, the queue opens or says why not, and its sums are exact.
    @Test(arguments: 0..<4) func aFileWithChangedBytesCostsNoMoreThanItself(seed: UInt64) async throws {
        try await prepare()
        let main = fixture.bytes(of: fixture.file)
        var random = SeededGenerator(seed: seed)
        for round in 0..<40 {
            fixture.now += 1
            let path = fixture.folder.path("changed-\(round).db")
            var changed = main
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<(Bool.random(using: &random) ? changed.count : 4_096), using: &random)
                let length = Int.random(in: 1...64, using: &random)
                for index in place..<min(place + length, changed.count) {
                    changed[index] = .random(in: 0...255, using: &random)
                }
            }
            if Int.random(in: 0..<5, using: &random) == 0 {
                changed.removeLast(Int.random(in: 0..<changed.count, using: &random))
            }
            try fixture.write(changed, to: path)
            do {
                let queue = try fixture.open(file: path)
                _ = try await queue.append([Make.batch(1_000..<1_100)])
                _ = try await queue.drain(limit: 150)
                while let alert = try await queue.nextAlert() { try await queue.settle(alert, .accepted) }
                #expect(queue.counts().samples.isBalanced)
                #expect(queue.counts().samples.backlog == 0)
                #expect(queue.counts().alerts.isBalanced)
                await queue.close()
            } catch let error as QueueError {
                #expect(error.code == .incompatible, "\(error) \(String(describing: error.cause))")
            }
        }
    }

    /// Pages go bad while it runs: it begins anew, and goes on counting.
    @Test func damageWhileItRunsIsCounted() async throws {
        let queue = try fixture.open {
            $0.walPages = 32
            $0.cachePages = 10
        }
        for number in 0..<20 {
            _ = try await queue.append([Make.batch(number * 2_000..<number * 2_000 + 2_000)])
        }
        let out = try #require(await queue.nextSamples(limit: 100))
        try await queue.append(alerts: [(time: 1, alert: Make.alert(1))])
        // The cache does not hold it all.
        let size = fixture.bytes(of: fixture.file).count
        try fixture.write([UInt8](repeating: 0xee, count: size), to: fixture.file)
        _ = try await queue.drain(limit: 5_000)
        let counts = queue.counts()
        #expect(counts.samples.isBalanced)
        #expect(counts.samples.dropped.corrupt > 0)
        #expect(asides.count == 1)
        _ = try await queue.append([Make.batch(0..<10)])
        try await queue.settle(out, .accepted(count: 100))
        #expect(queue.counts().samples.isBalanced)
        await queue.close()
        let again = try fixture.open()
        #expect(again.counts().samples.isBalanced)
        #expect(again.counts().samples.added == 40_010)
        #expect(again.counts().alerts.added == 1)
        await again.close()
    }
}
