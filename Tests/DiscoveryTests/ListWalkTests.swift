import Testing

@testable import Discovery

struct ListWalkTests {
    private func services(_ text: String) -> [Service] {
        text.split(separator: " ").map { word in
            // "a1" is the service a with the label v=1.
            Service(name: String(word.prefix(1)), address: "x", labels: ["v": String(word.dropFirst())])
        }
    }

    private func walk(_ new: String, after old: String) -> (steps: [String], unique: [Service], repeated: [Int]) {
        var walk = ListWalk(services(new), after: services(old))
        var steps: [String] = []
        while let step = walk.next() {
            steps.append("\(step.index)\(step.isSame ? "=" : "~")\(step.old.map(String.init) ?? "-")")
        }
        return (steps, walk.unique, walk.repeated)
    }

    @Test(
        arguments: [
            ("a b c", "a b c", "0=0 1=1 2=2"), ("a b c", "", "0~- 1~- 2~-"), ("", "a b", ""),
            ("a c", "a b c", "0=0 1=2"),
            ("a x b c", "a b c", "0=0 1~- 2=1 3=2"), ("a b1 c", "a b c", "0=0 1~1 2=2"),
            ("c b a", "a b c", "0=2 1=1 2=0"),
            ("b c a", "a b c", "0=1 1=2 2=0"), ("a a b", "a b", "0=0 2=1"), ("a1 a b", "a b", "0~0 2=1"),
            ("x x a", "a", "0~- 2=0"), ("b a b", "a b", "0=1 1=0"),
        ]
    )
    func `every service finds where it was, and repetitions are left out`(new: String, old: String, expected: String) {
        #expect(walk(new, after: old).steps.joined(separator: " ") == expected)
    }

    @Test func `what stood before is repeated, what is left is unique`() {
        let result = walk("a b a1 c b", after: "b a")
        #expect(result.repeated == [2, 4])
        #expect(result.unique == services("a b c"))
    }
}
