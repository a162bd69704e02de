/// Walks over a list of services beside the one before it, and finds for each where it was.
///
/// Lists rarely change their order, so that the service which comes next in the old list is most often the right one:
/// only for the others is an index made.
struct ListWalk {
    /// A service of the new list.
    struct Step {
        /// Where it is.
        var index: Int
        /// Where the service of the same name, address and port was.
        var old: Int?
        /// Whether nothing in it has changed.
        var isSame: Bool
    }

    private let new: [Service]
    private let old: [Service]
    private var index = 0
    private var expected = 0
    private var isUsed: [Bool]
    private var oldIndex: [ServiceIdentity: Int]?
    private var added: Set<ServiceIdentity> = []

    /// Where services stand whose name, address and port stood before them in the new list; complete after the walk.
    private(set) var repeated: [Int] = []

    /// - Parameters:
    ///   - new: The list now.
    ///   - old: The list before, without repetitions.
    init(_ new: [Service], after old: [Service]) {
        self.new = new
        self.old = old
        isUsed = Array(repeating: false, count: old.count)
    }

    /// The new list without repetitions; complete after the walk.
    var unique: [Service] {
        if repeated.isEmpty { return new }
        let left = Set(repeated)
        return new.indices.filter { !left.contains($0) }.map { new[$0] }
    }

    /// The next service that is no repetition.
    mutating func next() -> Step? {
        while index < new.count {
            defer { index += 1 }
            while expected < old.count, isUsed[expected] { expected += 1 }
            if expected < old.count, new[index] == old[expected] {
                isUsed[expected] = true
                return Step(index: index, old: expected, isSame: true)
            }
            let identity = ServiceIdentity(new[index])
            if let position = position(of: identity) {
                if isUsed[position] {
                    repeated.append(index)
                    continue
                }
                isUsed[position] = true
                expected = position
                return Step(index: index, old: position, isSame: new[index] == old[position])
            }
            if added.insert(identity).inserted { return Step(index: index, old: nil, isSame: false) }
            repeated.append(index)
        }
        return nil
    }

    private mutating func position(of identity: ServiceIdentity) -> Int? {
        if old.isEmpty { return nil }
        if let oldIndex { return oldIndex[identity] }
        var made: [ServiceIdentity: Int] = [:]
        made.reserveCapacity(old.count)
        for position in old.indices { made[ServiceIdentity(old[position])] = position }
        oldIndex = made
        return made[identity]
    }
}
