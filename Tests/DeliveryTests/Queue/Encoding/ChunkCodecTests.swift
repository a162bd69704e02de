import ExportingModules
import Exposition
import TestSupport
import Testing

@testable import Delivery

@Suite struct ChunkCodecTests {
    private func roundTrip(_ batch: SampleBatch, number: Int64 = 7) throws -> [Sample] {
        var samples: [Sample] = []
        for chunk in ChunkEncoder.chunks(of: batch) {
            let decoded = try ChunkDecoder.decode(chunk.sealed(number: number), number: number)
            #expect(decoded.time == batch.time)
            #expect(decoded.samples.count == chunk.count)
            samples += decoded.samples
        }
        return samples
    }

    /// NaNs are equal to nothing, and strings to more than themselves.
    private func expectSame(_ found: [Sample], _ expected: [Sample]) {
        #expect(found.count == expected.count)
        for (found, expected) in zip(found, expected) {
            #expect(Array(found.name.utf8) == Array(expected.name.utf8))
            #expect(Array(found.service.utf8) == Array(expected.service.utf8))
            #expect(found.labels == expected.labels)
            #expect(found.family == expected.family)
            #expect(found.value.bitPattern == expected.value.bitPattern)
            #expect(found.timestamp == expected.timestamp)
        }
    }

    @Test func everyValueKeepsItsBits() throws {
        let values: [Double] = [
            0, -0.0, 1, -1, 0.1, .pi, .infinity, -.infinity, .nan, .signalingNaN, -.nan,
            Double(bitPattern: Sample.staleBits), Double(bitPattern: 0xffff_ffff_ffff_ffff), .leastNonzeroMagnitude,
            .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0x1p53, -0x1p53, 0x1p53 - 1, -0x1p53 + 1, 0x1p63,
            1e300,
        ]
        let samples = values.map { Sample(name: "x", value: $0, timestamp: 5) }
        expectSame(try roundTrip(SampleBatch(time: 5, samples: samples)), samples)
    }

    @Test func timesMayBeAnything() throws {
        let times: [Int64] = [0, .max, .min, -1, 1, 1_700_000_000_000, .max, .max, 0]
        let samples = times.map { Sample(name: "x", value: 1, timestamp: $0) }
        for time in times { expectSame(try roundTrip(SampleBatch(time: time, samples: samples)), samples) }
    }

    @Test func textsThatLookTheSameStayDifferent() throws {
        let samples = ["\u{e9}", "e\u{301}", "", "\0", "a\u{323}\u{307}", "a\u{307}\u{323}"].flatMap { text in
            [
                Sample(name: text, service: text, labels: ["a": text], value: 1, timestamp: 1),
                Sample(
                    name: "x",
                    labels: LabelSet([Label(text, "v")]),
                    family: SampleFamily(name: "x", kind: .info, help: text, unit: text),
                    value: 1,
                    timestamp: 1
                ),
            ]
        }
        expectSame(try roundTrip(SampleBatch(time: 1, samples: samples)), samples)
    }

    @Test(arguments: 0..<40) func anythingIsReadAsItWasWritten(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let batch = RandomSamples.batch(count: Int.random(in: 1...4_500, using: &random), &random)
        let chunks = ChunkEncoder.chunks(of: batch)
        #expect(chunks.allSatisfy { $0.count <= ChunkEncoder.maximumCount && $0.count > 0 })
        #expect(chunks.reduce(0) { $0 + $1.count } == batch.samples.count)
        expectSame(try roundTrip(batch, number: Int64(seed) << 40), batch.samples)
    }

    @Test func nothingMakesNoChunk() {
        #expect(ChunkEncoder.chunks(of: SampleBatch(time: 1, samples: [])).isEmpty)
    }

    @Test func largeTextsMakeSmallChunks() throws {
        let samples = (0..<20).map {
            Sample(name: "x", labels: ["text": String(repeating: "\($0) ", count: 60_000)], value: 1, timestamp: 1)
        }
        let batch = SampleBatch(time: 1, samples: samples)
        let chunks = ChunkEncoder.chunks(of: batch)
        #expect(chunks.count > 5)
        #expect(chunks.allSatisfy { $0.bytes.count < 2 * ChunkEncoder.targetBytes })
        expectSame(try roundTrip(batch), samples)
    }

    @Test func likeSamplesTakeFewBytes() {
        let count = ChunkEncoder.chunks(of: Make.batch(0..<2_000)).reduce(0) { $0 + $1.bytes.count }
        #expect(count < 2_000 * 20)
    }

    @Test func aChangedByteIsFound() throws {
        let chunk = try #require(ChunkEncoder.chunks(of: Make.batch(0..<20)).first).sealed(number: 3)
        for index in chunk.indices {
            for bit in 0..<8 {
                var changed = chunk
                changed[index] ^= 1 << UInt8(bit)
                #expect(throws: CorruptBytes.self) { try ChunkDecoder.decode(changed, number: 3) }
            }
        }
        for count in chunk.indices {
            #expect(throws: CorruptBytes.self) { try ChunkDecoder.decode(chunk.prefix(count), number: 3) }
        }
        #expect(throws: CorruptBytes.self) { try ChunkDecoder.decode(chunk + [0], number: 3) }
    }

    @Test func aChunkIsNotTakenForAnother() throws {
        let chunk = try #require(ChunkEncoder.chunks(of: Make.batch(0..<2)).first).sealed(number: 3)
        #expect(throws: CorruptBytes.self) { try ChunkDecoder.decode(chunk, number: 4) }
    }

    @Test func anUnknownVersionIsRefused() throws {
        var chunk = try #require(ChunkEncoder.chunks(of: Make.batch(0..<2)).first).sealed(number: 3)
        chunk[0] = 2
        let error = #expect(throws: CorruptBytes.self) { try ChunkDecoder.decode(chunk, number: 3) }
        #expect(error?.reason == "version 2 is unknown")
    }

    /// Behind the checksum, as if somebody had made it right.
    @Test(arguments: 0..<20) func hostileContentIsReadOrRefused(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let chunk = try #require(ChunkEncoder.chunks(of: RandomSamples.batch(count: 30, &random)).first)
        var content = Array(chunk.bytes.dropFirst(Envelope.headerCount))
        for _ in 0..<2_000 {
            var changed = content
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<changed.count, using: &random)
                changed[index] =
                    [0, 1, 2, 0x7f, 0x80, 0xff, .random(in: 0...255, using: &random)]
                    .randomElement(using: &random) ?? 0
            }
            let result = changed.withUnsafeBytes { bytes in
                Result { try ChunkDecoder.content(of: ByteReader(bytes)) }
            }
            guard case .success(let read) = result else { continue }
            #expect(read.samples.count <= changed.count)
            if Bool.random(using: &random) { content = changed }
        }
    }

    @Test func countsThatCannotBeAreRefusedBeforeAnythingIsAllocated() {
        for bytes in [
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0xff, 0xff, 0xff, 0x7f, 0], [0xd1, 0x0f],
            // One sample whose labels, or whose service, would be huge.
            [1, 0, 0x34, 0, 0, 0, 0, 2, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f], [1, 0, 0, 0, 0xff, 0xff, 0xff, 0x0f],
        ] as [[UInt8]] {
            #expect(throws: CorruptBytes.self) {
                try bytes.withUnsafeBytes { try ChunkDecoder.content(of: ByteReader($0)) }
            }
        }
        let many = [0xd1, 0x0f, 0] + [UInt8](repeating: 0, count: 10_000)
        #expect(throws: CorruptBytes.self) {
            try many.withUnsafeBytes { try ChunkDecoder.content(of: ByteReader($0)) }
        }
    }
}

/// Samples of all sorts.
enum RandomSamples {
    static func batch(count: Int, _ random: inout SeededGenerator) -> SampleBatch {
        let texts = ["", "a", "bb", "le", "quantile", "http_requests_total", "\u{e9}", "e\u{301}", "x\ny\"z\\", "🦆"]
        let families = (0..<5).map { index in
            SampleFamily(
                name: texts[index + 3],
                kind: MetricKind.allCases[index],
                help: texts[(index + 6) % 10],
                unit: texts[index]
            )
        }
        let time = Int64.random(in: 0...2_000_000_000_000, using: &random)
        var samples: [Sample] = []
        for _ in 0..<count {
            let family = families[Int.random(in: 0..<5, using: &random)]
            let labels = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                let value = Bool.random(using: &random) ? texts.randomElement(using: &random) : nil
                return Label(
                    texts.randomElement(using: &random) ?? "",
                    value ?? String(Int.random(in: 0...999, using: &random))
                )
            }
            samples.append(
                Sample(
                    name: Bool.random(using: &random) ? family.name : family.name + "_sum",
                    service: texts[Int.random(in: 0..<3, using: &random)],
                    labels: LabelSet(labels),
                    family: family,
                    value: Bool.random(using: &random)
                        ? Double(Int.random(in: -1_000...1_000, using: &random))
                        : Double(bitPattern: .random(in: 0...UInt64.max, using: &random)),
                    timestamp: Bool.random(using: &random) ? time : time + .random(in: -9_999...9_999, using: &random)
                )
            )
        }
        return SampleBatch(time: time, samples: samples)
    }
}
