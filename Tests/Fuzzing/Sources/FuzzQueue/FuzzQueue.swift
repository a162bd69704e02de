import ExportingModules
import FuzzSupport

@testable import Delivery

/// Any bytes are read as a chunk of samples and as news of an alert, or refused; what was read is the same when it is
/// written and read again.
///
/// The first byte says what the rest is: with or without an envelope, as the fuzzer does not find checksums.
@main
struct FuzzQueue {
    static func main() {
        Fuzzer.run { input in
            guard let form = input.first else { return }
            let bytes = Array(input.dropFirst())
            switch form % 4 {
            case 0: chunk(try? ChunkDecoder.decode(bytes, number: 1))
            case 1: chunk(bytes.withUnsafeBytes { bytes in try? ChunkDecoder.content(of: ByteReader(bytes)) })
            case 2: alert(try? AlertCodec.decode(bytes, number: 1))
            default: alert(bytes.withUnsafeBytes { bytes in try? AlertCodec.content(of: ByteReader(bytes)) })
            }
        }
    }

    private static func chunk(_ chunk: ChunkDecoder.Chunk?) {
        guard let chunk else { return }
        let encoded = ChunkEncoder.chunks(of: SampleBatch(time: chunk.time, samples: chunk.samples))
        var samples: [Sample] = []
        for part in encoded {
            guard let read = try? ChunkDecoder.decode(part.sealed(number: 7), number: 7) else {
                return Fuzzer.require(false, "our own chunk is refused")
            }
            Fuzzer.require(read.time == chunk.time, "the time is another")
            samples += read.samples
        }
        Fuzzer.require(samples.count == chunk.samples.count, "samples get lost")
        for (read, written) in zip(samples, chunk.samples) {
            Fuzzer.require(read.name.isSame(as: written.name), "the name is another")
            Fuzzer.require(read.service.isSame(as: written.service), "the service is another")
            Fuzzer.require(read.labels == written.labels, "the labels are others")
            Fuzzer.require(read.family.name.isSame(as: written.family.name), "the family is another")
            Fuzzer.require(read.family.kind == written.family.kind, "the kind is another")
            Fuzzer.require(read.family.help.isSame(as: written.family.help), "the help is another")
            Fuzzer.require(read.family.unit.isSame(as: written.family.unit), "the unit is another")
            Fuzzer.require(read.value.bitPattern == written.value.bitPattern, "the value is another")
            Fuzzer.require(read.timestamp == written.timestamp, "the timestamp is another")
        }
    }

    private static func alert(_ news: (time: Int64, alert: Alert)?) {
        guard let (time, alert) = news else { return }
        let bytes = AlertCodec.encode(time: time, alert, number: 7)
        guard let read = try? AlertCodec.decode(bytes, number: 7) else {
            return Fuzzer.require(false, "our own news is refused")
        }
        Fuzzer.require(read.time == time, "the time is another")
        // NaN is not equal to itself, so the bytes are compared.
        Fuzzer.require(AlertCodec.encode(time: time, read.alert, number: 7) == bytes, "the news is other news")
    }
}
