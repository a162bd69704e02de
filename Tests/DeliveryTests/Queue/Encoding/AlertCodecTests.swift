import ExportingModules
import Exposition
import TestSupport
import Testing

@testable import Delivery

@Suite struct AlertCodecTests {
    private static let alerts = [
        Make.alert(1),
        Alert(
            id: "",
            state: .resolved,
            status: .down,
            stat: "e\u{301}",
            service: "s\0",
            labels: ["a": "b\n", "c": ""],
            value: -.infinity,
            probability: 1,
            threshold: -0.0,
            drift: 1e-300,
            confidence: .low,
            start: .min,
            end: .max
        ),
    ]

    @Test(arguments: alerts) func areReadAsTheyWereWritten(alert: Alert) throws {
        let read = try AlertCodec.decode(AlertCodec.encode(time: -5, alert, number: 9), number: 9)
        #expect(read.time == -5)
        #expect(read.alert == alert)
        #expect(Array(read.alert.stat.utf8) == Array(alert.stat.utf8))
    }

    @Test func aNaNStaysOne() throws {
        var alert = Make.alert(1)
        alert.value = Double(bitPattern: Sample.staleBits)
        let read = try AlertCodec.decode(AlertCodec.encode(time: 1, alert, number: 1), number: 1)
        #expect(read.alert.value.bitPattern == Sample.staleBits)
    }

    @Test(arguments: alerts) func aChangedByteIsFound(alert: Alert) {
        let bytes = AlertCodec.encode(time: 1, alert, number: 9)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0x10
            #expect(throws: CorruptBytes.self) { try AlertCodec.decode(changed, number: 9) }
            #expect(throws: CorruptBytes.self) { try AlertCodec.decode(Array(bytes.prefix(index)), number: 9) }
        }
        #expect(throws: CorruptBytes.self) { try AlertCodec.decode(bytes, number: 8) }
    }

    @Test func hostileContentIsReadOrRefused() {
        var random = SeededGenerator(seed: 4)
        let content = Array(AlertCodec.encode(time: 1, Self.alerts[1], number: 1).dropFirst(Envelope.headerCount))
        var refused = 0
        for _ in 0..<5_000 {
            var changed = content
            changed[Int.random(in: 0..<changed.count, using: &random)] = .random(in: 0...255, using: &random)
            let result = changed.withUnsafeBytes { bytes in
                Result { try AlertCodec.content(of: ByteReader(bytes)).alert.probability }
            }
            switch result {
            case .success(let probability): #expect((0...1).contains(probability))
            case .failure: refused += 1
            }
        }
        #expect(refused > 0)
    }
}
