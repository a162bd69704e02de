import TestSupport
import Testing

@testable import Discovery

struct HostileFileTests {
    @Test func `random changes of good files never trap, and what is read is valid`() {
        var generator = SeededGenerator(seed: 7)
        let good = [
            "services:\n- name: a\n  addresses: [b, \"c:1\", {address: d, port: 2}]\n  tags: [x]\n  labels: {e: f}\n",
            "[{\"targets\": [\"[::1]:5\", \"b:1\"], \"labels\": {\"job\": \"x\", \"__m\": \"y\"}}]",
        ]
        let pieces = [
            "[", "]", "{", "}", ":", "::", "-", "\n", "\"", "null", "~", "&a ", "*a", "__", "65536", "é", "\\", "\t",
            ",",
        ]
        var read = 0
        for round in 0..<10_000 {
            var text = Array(good[round % good.count])
            for _ in 0..<Int.random(in: 1...5, using: &generator) {
                let index = Int.random(in: 0..<text.count, using: &generator)
                if Bool.random(using: &generator) {
                    text.remove(at: index)
                } else {
                    text.insert(contentsOf: pieces.randomElement(using: &generator) ?? "", at: index)
                }
            }
            guard let file = try? ServiceFile.parse(String(text), file: "x") else { continue }
            read += 1
            for service in file.services { #expect(ServiceRules.fault(in: service) == nil) }
        }
        #expect(read > 1000)
    }
}
