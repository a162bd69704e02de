import Exposition
import Testing

@testable import ExporterKit

struct MetricBatchTests {
    private struct Refused: Error, CustomStringConvertible {
        let description = "refused"
    }

    @Test func samplesOfOneNameAndKindBecomeOneFamily() {
        var batch = MetricBatch()
        batch.gauge("x", "X.", 1, labels: ["a": "1"])
        batch.counter("y_total", "Y.", 2)
        batch.gauge("x", "X.", 3, labels: ["a": "2"])
        batch.counter("x", "X.", 4)
        batch.info("z_info", labels: ["version": "1"])
        #expect(batch.parts.count == 1)
        #expect(batch.parts[0].families.map(\.name) == ["x", "y_total", "x", "z_info"])
        #expect(batch.parts[0].families[0].metrics.count == 2)
        #expect(batch.parts[0].families[3].kind == .info)
    }

    @Test func failingPartCostsItselfOnly() async {
        var batch = MetricBatch()
        await batch.part("bad") { part in
            part.gauge("lost", "", 1)
            throw Refused()
        }
        await batch.part("good") { $0.gauge("kept", "", 1) }
        batch.gauge("x", "", 1)
        #expect(batch.parts.map(\.name) == ["", "bad", "good"])
        #expect(batch.parts.map(\.error) == [nil, "refused", nil])
        #expect(batch.goodFamilies.map(\.name) == ["x", "kept"])
        #expect(batch.parts[1].families.isEmpty)
        #expect(batch.parts[1].duration != nil)
    }

    @Test func partsWithinAPartCarryItsName() async {
        var batch = MetricBatch()
        await batch.part("outer") { outer in
            outer.gauge("own", "", 1)
            await outer.part("inner") { $0.gauge("deep", "", 1) }
            await outer.part("bad") { _ in throw Refused() }
            outer.serviceAnswered = true
        }
        #expect(batch.parts.map(\.name) == ["outer", "outer/inner", "outer/bad"])
        #expect(batch.parts.map(\.error) == [nil, nil, "refused"])
        #expect(batch.serviceAnswered == true)
        #expect(batch.goodFamilies.map(\.name) == ["own", "deep"])
    }
}
