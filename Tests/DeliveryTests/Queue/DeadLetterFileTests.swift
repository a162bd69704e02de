import ExportingModules
import Exposition
import Foundation
import TestSupport
import Testing

@testable import Delivery

@Suite struct DeadLetterFileTests {
    private let fixture: QueueFixture
    private let file: DeadLetterFile

    init() throws {
        fixture = try QueueFixture()
        file = DeadLetterFile(path: fixture.deadLetters, maximumBytes: 100)
    }

    @Test func linesAreAppendedForTheOwnerOnly() throws {
        #expect(try file.append(Array("one\n".utf8)) == DeadLetterFile.Appended(previousSize: 0, discarded: 0))
        #expect(try file.append(Array("two\n".utf8)) == DeadLetterFile.Appended(previousSize: 4, discarded: 0))
        #expect(fixture.lines(of: fixture.deadLetters) == ["one", "two"])
        var status = stat()
        #expect(stat(fixture.deadLetters, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test func aFullFileIsKeptOnceAndThenItsLinesAreCounted() throws {
        let line = Array((String(repeating: "x", count: 59) + "\n").utf8)
        #expect(try file.append(line).discarded == 0)
        #expect(try file.append(line).discarded == 0)
        #expect(fixture.lines(of: fixture.deadLetters + ".1").count == 1)
        #expect(try file.append(line).discarded == 1)
        #expect(fixture.lines(of: fixture.deadLetters).count == 1)
        #expect(fixture.names == ["queue.rejected.jsonl", "queue.rejected.jsonl.1"])
    }

    @Test func aLineThatWasCutOffDoesNotSwallowTheNext() throws {
        try fixture.write(Array("half a li".utf8), to: fixture.deadLetters)
        _ = try file.append(Array("whole\n".utf8))
        #expect(fixture.lines(of: fixture.deadLetters) == ["half a li", "whole"])
    }

    @Test func linesCanBeTakenBack() throws {
        _ = try file.append(Array("one\n".utf8))
        let appended = try file.append(Array("two\n".utf8))
        file.takeBack(to: appended.previousSize)
        #expect(fixture.lines(of: fixture.deadLetters) == ["one"])
    }

    @Test func aFolderInItsPlaceIsAnError() throws {
        try fixture.folder.makeFolder("queue.rejected.jsonl")
        #expect(throws: QueueError.self) { try file.append(Array("one\n".utf8)) }
    }

    @Test func everyLineIsJSONWithAllThatIsKnown() throws {
        let sample = Sample(
            name: "a\"b\\c\n\u{1}",
            service: "s",
            labels: ["l": "\u{e9}\t"],
            family: SampleFamily(name: "f", kind: .histogram, help: "h", unit: "u"),
            value: Double(bitPattern: Sample.staleBits),
            timestamp: 12
        )
        let line = DeadLetter.line(sample, time: 34, reason: "no \"thanks\"")
        let object = try #require(JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
        #expect(object["name"] as? String == "a\"b\\c\n\u{1}")
        #expect(object["labels"] as? [String: String] == ["l": "\u{e9}\t"])
        #expect(object["value"] as? String == "NaN")
        #expect(object["bits"] as? String == "7ff0000000000002")
        #expect(object["timestamp"] as? Int == 12)
        #expect(object["time"] as? Int == 34)
        #expect(object["reason"] as? String == "no \"thanks\"")
        #expect(object["family"] as? [String: String] == ["name": "f", "kind": "histogram", "help": "h", "unit": "u"])
        #expect(line.filter { $0 == 0x0a }.count == 1)
    }

    @Test func theLineOfAnAlertIsJSONToo() throws {
        var alert = Make.alert(3, state: .resolved)
        alert.value = .infinity
        alert.end = 77
        let line = DeadLetter.line(QueuedAlert(id: 1, time: 55, alert: alert), time: 66, reason: "r")
        let object = try #require(JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
        #expect(object["type"] as? String == "alert")
        #expect(object["value"] as? String == "+Inf")
        #expect(object["state"] as? String == "resolved")
        #expect(object["end"] as? Int == 77)
        #expect(object["found"] as? Int == 55)
        #expect(object["threshold"] as? Double == 10)
        #expect(object["drift"] == nil)
    }
}
