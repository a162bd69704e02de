import Exposition
import FuzzSupport

/// Any header chooses a format and an encoding; names under every escaping scheme stay legal.
@main
struct FuzzNegotiation {
    static func main() {
        Fuzzer.run { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let format = ExpositionFormat.negotiate(accept: text)
            // What we offer is understood when it is asked for.
            let again = ExpositionFormat.negotiate(accept: format.contentType)
            Fuzzer.require(again == format, "\(format.contentType) chooses \(again.contentType)")
            _ = ContentEncoding.negotiate(acceptEncoding: text)
            names(text)
        }
    }

    private static func names(_ text: String) {
        guard !text.isEmpty else { return }
        for scheme in [EscapingScheme.underscores, .dots, .values] {
            let metric = scheme.escape(metricName: text)
            Fuzzer.require(isPlain(metric, allowsColon: true), "\(scheme): \(metric) is no metric name")
            let label = scheme.escape(labelName: text)
            Fuzzer.require(isPlain(label, allowsColon: false), "\(scheme): \(label) is no label name")
        }
    }

    private static func isPlain(_ name: String, allowsColon: Bool) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
            case 0x3A: allowsColon
            default: false
            }
        }
    }
}
