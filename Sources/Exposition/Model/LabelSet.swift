/// The labels of a series, sorted by name, each name once.
public struct LabelSet: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// The labels, sorted by the UTF-8 bytes of their names.
    public private(set) var labels: [Label]

    /// An empty set.
    public init() {
        labels = []
    }

    /// Creates a set; of several labels with one name the last wins.
    public init(_ labels: [Label]) {
        if zip(labels, labels.dropFirst()).allSatisfy({ $0.name.precedesByBytes($1.name) }) {
            self.labels = labels
            return
        }
        let order = labels.indices.sorted { left, right in
            labels[left].name.hasSameBytes(as: labels[right].name)
                ? left < right : labels[left].name.precedesByBytes(labels[right].name)
        }
        self.labels = []
        self.labels.reserveCapacity(labels.count)
        for index in order {
            if let last = self.labels.last, last.name.hasSameBytes(as: labels[index].name) { self.labels.removeLast() }
            self.labels.append(labels[index])
        }
    }

    /// Creates a set from labels that are sorted and whose names are all different.
    package init(sorted labels: [Label]) {
        self.labels = labels
    }

    /// Creates a set from names and values.
    public init(_ labels: [String: String]) {
        self.labels = labels.map { Label($0.key, $0.value) }.sorted()
    }

    /// Creates a set; of several labels with one name the last wins.
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements.map { Label($0.0, $0.1) })
    }

    /// Whether there are no labels.
    public var isEmpty: Bool { labels.isEmpty }

    /// The number of labels.
    public var count: Int { labels.count }

    /// The value of a label; setting nil removes it.
    public subscript(name: String) -> String? {
        get {
            labels.first { $0.name.hasSameBytes(as: name) }?.value
        }
        set {
            // Sets are small and mostly filled in order: look at the end first.
            var index = labels.count
            while index > 0, !labels[index - 1].name.precedesByBytes(name) { index -= 1 }
            let exists = index < labels.count && labels[index].name.hasSameBytes(as: name)
            switch (newValue, exists) {
            case (let value?, true): labels[index].value = value
            case (let value?, false): labels.insert(Label(name, value), at: index)
            case (nil, true): labels.remove(at: index)
            case (nil, false): break
            }
        }
    }
}
