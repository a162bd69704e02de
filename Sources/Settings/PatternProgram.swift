/// A regular expression as instructions of a machine that follows all its ways at once (Thompson's construction).
struct PatternProgram: Sendable {
    private enum Instruction {
        case character(CharacterRanges)
        case start
        case end
        case split(Int, Int)
        case jump(Int)
        case match
    }

    /// The largest program; counted repetitions multiply.
    static let maximumCount = 10_000

    private var instructions: [Instruction] = []

    init(_ syntax: PatternSyntax) throws(PatternError) {
        try emit(syntax)
        try add(.match)
    }

    /// Whether the whole value matches. Takes at most one step per character and instruction.
    func matches(_ value: String) -> Bool {
        var current = Threads(count: instructions.count)
        var next = Threads(count: instructions.count)
        let scalars = value.unicodeScalars
        var index = scalars.startIndex
        follow(0, into: &current, isStart: true, isEnd: index == scalars.endIndex)
        while index < scalars.endIndex {
            if current.isEmpty { return false }
            let scalar = scalars[index]
            index = scalars.index(after: index)
            let isEnd = index == scalars.endIndex
            for thread in current.members {
                if case .character(let ranges) = instructions[thread], ranges.contains(scalar) {
                    follow(thread + 1, into: &next, isStart: false, isEnd: isEnd)
                }
            }
            swap(&current, &next)
            next.clear()
        }
        return current.members.contains {
            if case .match = instructions[$0] { true } else { false }
        }
    }

    /// Adds an instruction and all that can be reached from it without a character.
    private func follow(_ first: Int, into threads: inout Threads, isStart: Bool, isEnd: Bool) {
        var pending = [first]
        while let thread = pending.popLast() {
            guard threads.insert(thread) else { continue }
            switch instructions[thread] {
            case .jump(let target): pending.append(target)
            case .split(let one, let other):
                pending.append(other)
                pending.append(one)
            case .start: if isStart { pending.append(thread + 1) }
            case .end: if isEnd { pending.append(thread + 1) }
            case .character, .match: break
            }
        }
    }

    private mutating func emit(_ syntax: PatternSyntax) throws(PatternError) {
        switch syntax {
        case .empty: break
        case .characters(let ranges): try add(.character(ranges))
        case .start: try add(.start)
        case .end: try add(.end)
        case .sequence(let parts): for part in parts { try emit(part) }
        case .alternatives(let parts):
            var jumps: [Int] = []
            for (index, part) in parts.enumerated() {
                if index == parts.count - 1 {
                    try emit(part)
                } else {
                    let split = try add(.split(0, 0))
                    try emit(part)
                    jumps.append(try add(.jump(0)))
                    instructions[split] = .split(split + 1, instructions.count)
                }
            }
            for jump in jumps { instructions[jump] = .jump(instructions.count) }
        case .repetition(let part, let minimum, let maximum):
            for _ in 0..<minimum {
                let before = instructions.count
                try emit(part)
                // Nothing, however often it is repeated, is nothing.
                if instructions.count == before { break }
            }
            if let maximum {
                var splits: [Int] = []
                for _ in minimum..<max(minimum, maximum) {
                    splits.append(try add(.split(0, 0)))
                    try emit(part)
                }
                for split in splits { instructions[split] = .split(split + 1, instructions.count) }
            } else {
                let split = try add(.split(0, 0))
                try emit(part)
                try add(.jump(split))
                instructions[split] = .split(split + 1, instructions.count)
            }
        }
    }

    @discardableResult
    private mutating func add(_ instruction: Instruction) throws(PatternError) -> Int {
        guard instructions.count < Self.maximumCount else {
            throw PatternError("too large when its repetitions are written out", at: 0)
        }
        instructions.append(instruction)
        return instructions.count - 1
    }
}

/// A set of instructions that keeps the order of insertion and is emptied at once.
private struct Threads {
    private(set) var members: [Int] = []
    private var isMember: [Bool]

    init(count: Int) {
        isMember = Array(repeating: false, count: count)
    }

    var isEmpty: Bool { members.isEmpty }

    /// Adds an instruction; false if it was there.
    mutating func insert(_ thread: Int) -> Bool {
        if isMember[thread] { return false }
        isMember[thread] = true
        members.append(thread)
        return true
    }

    mutating func clear() {
        for member in members { isMember[member] = false }
        members.removeAll(keepingCapacity: true)
    }
}
