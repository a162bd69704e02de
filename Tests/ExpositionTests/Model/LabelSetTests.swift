import Testing

@testable import Exposition

struct LabelSetTests {
    @Test func labelsAreSortedAndTheLastOfANameWins() {
        let set = LabelSet([Label("b", "1"), Label("a", "2"), Label("b", "3"), Label("A", "4")])
        #expect(set.labels == [Label("A", "4"), Label("a", "2"), Label("b", "3")])
        #expect(set == ["A": "4", "a": "2", "b": "3"])
    }

    @Test func settingNilRemovesALabel() {
        var set: LabelSet = ["a": "1", "c": "3"]
        set["b"] = "2"
        #expect(set.labels.map(\.name) == ["a", "b", "c"])
        set["a"] = nil
        set["d"] = nil
        set["c"] = "4"
        #expect(set == ["b": "2", "c": "4"])
        #expect(set["a"] == nil)
        #expect(set["c"] == "4")
    }

    /// To Prometheus these are two names, though Swift's `==` takes them for one.
    @Test func spellingsOfOneCharacterAreDifferentNames() {
        let composed = "caf\u{E9}"
        let decomposed = "cafe\u{301}"
        #expect(composed == decomposed)
        let set = LabelSet([Label(composed, "1"), Label(decomposed, "2")])
        #expect(set.count == 2)
        #expect(set[composed] == "1")
        #expect(set[decomposed] == "2")
        #expect(Label(composed, "") != Label(decomposed, ""))
    }

    @Test func manyUnsortedLabelsTakeNoQuadraticTime() {
        let labels = (0..<100_000).reversed().map { Label("l\($0)", "v") }
        #expect(LabelSet(labels).count == 100_000)
    }
}
