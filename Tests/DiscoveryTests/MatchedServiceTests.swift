import Discovery
import Testing

struct MatchedServiceTests {
    private func entry(
        name: String = "a",
        hash: String = "h",
        labels: [String: String] = [:],
        metadata: [String: String] = [:],
        source: String = "s"
    ) -> MatchedService {
        MatchedService(
            service: Service(name: name, address: "10.0.0.1", port: 1, tags: ["x", "y"], metadata: metadata),
            key: ServiceKey(name: name, address: "10.0.0.1", port: 1),
            hash: ServiceHash(hash),
            labels: labels,
            source: source
        )
    }

    @Test func equalValuesInOtherObjectsAreTheSame() {
        #expect(entry(labels: ["a": "1", "b": "2"]).isSame(as: entry(labels: ["b": "2", "a": "1"])))
    }

    @Test func anyDifferenceIsSeen() {
        let one = entry(labels: ["a": "1"], metadata: ["m": "1"])
        #expect(!one.isSame(as: entry(name: "b", labels: ["a": "1"], metadata: ["m": "1"])))
        #expect(!one.isSame(as: entry(hash: "i", labels: ["a": "1"], metadata: ["m": "1"])))
        #expect(!one.isSame(as: entry(labels: ["a": "2"], metadata: ["m": "1"])))
        #expect(!one.isSame(as: entry(labels: ["b": "1"], metadata: ["m": "1"])))
        #expect(!one.isSame(as: entry(labels: ["a": "1"], metadata: ["m": "2"])))
        #expect(!one.isSame(as: entry(labels: ["a": "1"], metadata: ["m": "1"], source: "t")))
    }

    @Test(arguments: [2, 8, 9, 40]) func mapsOfEverySizeAreComparedWhole(_ count: Int) {
        let labels = Dictionary(uniqueKeysWithValues: (0..<count).map { ("label\($0)", "value\($0)") })
        #expect(entry(labels: labels).isSame(as: entry(labels: labels.mapValues { $0 + "" })))
        for key in labels.keys {
            var changed = labels
            changed[key] = "other"
            #expect(!entry(labels: labels).isSame(as: entry(labels: changed)))
            changed[key] = nil
            changed["new"] = labels[key]
            #expect(!entry(labels: labels).isSame(as: entry(labels: changed)))
        }
    }
}
