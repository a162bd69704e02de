// The C parser inside Yams. Yams' own composer follows aliases into structures of any depth and hashes complex keys,
// so that a hostile file of a few hundred bytes could overflow the stack or take for ever.
internal import CYaml

/// Builds nodes straight from the parser's events, and holds the bounds while it does: nothing larger or deeper than
/// the limits is ever built.
///
/// Merge keys (`<<: *defaults`) are followed. Keys are strings; aliases count as what they stand for.
final class YAMLComposer {
    private struct Anchored {
        var node: SettingsNode
        var count: Int
        var height: Int
    }

    private struct Composed {
        var node: SettingsNode
        /// How many levels of lists and mappings it has.
        var height: Int
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let bytes: UnsafeBufferPointer<UInt8>
    private let file: String
    private let maximumDepth: Int
    private var budget: Int
    private var anchors: [String: Anchored] = [:]

    /// Starts to parse; the bytes must outlive the composer.
    private init(_ bytes: UnsafeBufferPointer<UInt8>, file: String, limits: SettingsDocument.Limits) {
        self.bytes = bytes
        self.file = file
        maximumDepth = limits.depth
        budget = limits.nodes
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deinitialize(count: 1)
        parser.deallocate()
    }

    /// Composes the only document of a text.
    static func compose(
        _ bytes: [UInt8],
        file: String,
        limits: SettingsDocument.Limits
    ) throws(SettingsError) -> SettingsNode {
        let result = bytes.withUnsafeBufferPointer { bytes -> Result<SettingsNode, SettingsError> in
            Result { () throws(SettingsError) in
                try YAMLComposer(bytes, file: file, limits: limits).document()
            }
        }
        return try result.get()
    }

    private func document() throws(SettingsError) -> SettingsNode {
        guard yaml_parser_initialize(parser) == 1 else { throw problem("out of memory", Position(file: file)) }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
        _ = try next()
        guard try next().type != YAML_STREAM_END_EVENT else {
            return SettingsNode(content: .null, position: Position(file: file))
        }
        let root = try compose(try next(), path: "", depth: 0)
        _ = try next()
        let end = try next()
        guard end.type == YAML_STREAM_END_EVENT else {
            throw problem("expected one document, found another", position(of: end))
        }
        return root.node
    }

    private func compose(_ event: YAMLEvent, path: String, depth: Int) throws(SettingsError) -> Composed {
        let before = budget
        try spend(1, at: event, path: path)
        if let tag = event.tag, !Self.knownTags.contains(tag) {
            throw problem("unknown tag \(SettingsNode.quote(tag))", position(of: event), path)
        }
        var composed: Composed
        switch event.type {
        case YAML_ALIAS_EVENT:
            return try alias(event, path: path, depth: depth)
        case YAML_SCALAR_EVENT:
            let content = scalar(event)
            composed = Composed(node: SettingsNode(content: content, position: position(of: event)), height: 0)
        case YAML_SEQUENCE_START_EVENT:
            composed = try sequence(event, path: path, depth: depth + 1)
        case YAML_MAPPING_START_EVENT:
            composed = try mapping(event, path: path, depth: depth + 1)
        default:
            throw problem("not YAML: a value is missing", position(of: event), path)
        }
        composed.node.path = path
        if let anchor = event.anchor {
            anchors[anchor] = Anchored(node: composed.node, count: before - budget, height: composed.height)
        }
        return composed
    }

    private func sequence(_ start: YAMLEvent, path: String, depth: Int) throws(SettingsError) -> Composed {
        try check(depth: depth, at: start, path: path)
        var items: [SettingsNode] = []
        var height = 0
        while true {
            let event = try next()
            if event.type == YAML_SEQUENCE_END_EVENT { break }
            let item = try compose(event, path: Self.extend(path, with: items.count), depth: depth)
            height = max(height, item.height)
            items.append(item.node)
        }
        let node = SettingsNode(content: .sequence(items), position: position(of: start))
        return Composed(node: node, height: height + 1)
    }

    private func mapping(_ start: YAMLEvent, path: String, depth: Int) throws(SettingsError) -> Composed {
        try check(depth: depth, at: start, path: path)
        var entries: [SettingsNode.Entry] = []
        var seen: [String: Int] = [:]
        var merged: [SettingsNode] = []
        var height = 0
        while true {
            let event = try next()
            if event.type == YAML_MAPPING_END_EVENT { break }
            let place = position(of: event)
            guard event.type == YAML_SCALAR_EVENT else { throw problem("a key must be a string", place, path) }
            let key = event.text
            let isMerge = key == "<<" && event.isPlain
            if let line = seen.updateValue(place.line, forKey: key) {
                let name = SettingsNode.quote(key)
                throw problem("the key \(name) stands here again; it is on line \(line) already", place, path)
            }
            let value = try compose(try next(), path: Self.extend(path, with: key), depth: depth)
            height = max(height, value.height)
            if isMerge {
                merged = try mappings(toMerge: value.node)
            } else {
                entries.append(SettingsNode.Entry(key: key, position: place, value: value.node))
            }
        }
        for mapping in merged {
            guard case .mapping(let more) = mapping.content else { continue }
            for var entry in more where seen.updateValue(entry.position.line, forKey: entry.key) == nil {
                entry.value = Self.rebase(entry.value, path: Self.extend(path, with: entry.key))
                entries.append(entry)
            }
        }
        let node = SettingsNode(content: .mapping(entries), position: position(of: start))
        return Composed(node: node, height: height + 1)
    }

    private func mappings(toMerge node: SettingsNode) throws(SettingsError) -> [SettingsNode] {
        switch node.content {
        case .mapping: return [node]
        case .sequence(let items):
            for item in items {
                guard case .mapping = item.content else {
                    throw problem("expected a mapping to merge, found \(item.found)", item.position, item.path)
                }
            }
            return items
        default: throw problem("expected a mapping to merge, found \(node.found)", node.position, node.path)
        }
    }

    private func alias(_ event: YAMLEvent, path: String, depth: Int) throws(SettingsError) -> Composed {
        guard let name = event.anchor, let anchored = anchors[name] else {
            throw problem("this alias names no anchor before it", position(of: event), path)
        }
        try check(depth: depth + anchored.height, at: event, path: path)
        try spend(anchored.count, at: event, path: path)
        return Composed(node: Self.rebase(anchored.node, path: path), height: anchored.height)
    }

    private static let knownTags: Set<String> = [
        "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool",
        "tag:yaml.org,2002:null", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map",
    ]

    private func scalar(_ event: YAMLEvent) -> SettingsNode.Content {
        let text = event.text
        let isString = !event.isPlain || event.tag == "!" || event.tag == "tag:yaml.org,2002:str"
        if isString { return .scalar(text, quoted: true) }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        default: return .scalar(text, quoted: false)
        }
    }

    private static func rebase(_ node: SettingsNode, path: String) -> SettingsNode {
        if node.path == path { return node }
        var copy = node
        copy.path = path
        switch node.content {
        case .null, .scalar, .secret: break
        case .sequence(let items):
            copy.content = .sequence(
                items.enumerated().map { index, item in rebase(item, path: extend(path, with: index)) }
            )
        case .mapping(let entries):
            copy.content = .mapping(
                entries.map { entry in
                    var entry = entry
                    entry.value = rebase(entry.value, path: extend(path, with: entry.key))
                    return entry
                }
            )
        }
        return copy
    }

    /// The longest path that still grows: long keys must not be copied into the path of everything below them.
    private static let maximumPath = 200

    private static func extend(_ path: String, with key: String) -> String {
        if path.utf8.count + key.utf8.count > maximumPath { return path.hasSuffix("...") ? path : path + "..." }
        return path.isEmpty ? key : "\(path).\(key)"
    }

    private static func extend(_ path: String, with index: Int) -> String {
        path.utf8.count > maximumPath ? path : "\(path)[\(index)]"
    }

    private func check(depth: Int, at event: YAMLEvent, path: String) throws(SettingsError) {
        if depth > maximumDepth {
            throw problem("nested too deeply; at most \(maximumDepth) levels are read", position(of: event), path)
        }
    }

    private func spend(_ count: Int, at event: YAMLEvent, path: String) throws(SettingsError) {
        budget -= count
        if budget < 0 { throw problem("too many values (aliases count each time)", position(of: event), path) }
    }

    private func next() throws(SettingsError) -> YAMLEvent {
        let event = YAMLEvent()
        guard yaml_parser_parse(parser, &event.event) == 1 else { throw parserProblem() }
        return event
    }

    private func position(of event: YAMLEvent) -> Position {
        position(event.event.start_mark)
    }

    private func position(_ mark: yaml_mark_t) -> Position {
        Position(file: file, line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }

    private func problem(_ message: String, _ position: Position, _ path: String = "") -> SettingsError {
        SettingsError(SettingsProblem(position: position, path: path, message: message))
    }

    private func parserProblem() -> SettingsError {
        let state = parser.pointee
        guard let text = state.problem else { return problem("out of memory", Position(file: file)) }
        var message = "not YAML: " + String(cString: text)
        if state.error == YAML_READER_ERROR {
            return problem(message, position(atByte: Int(state.problem_offset)))
        }
        if let context = state.context {
            message += " (\(String(cString: context)) from line \(Int(state.context_mark.line) + 1))"
        }
        return problem(message, position(state.problem_mark))
    }

    private func position(atByte offset: Int) -> Position {
        var position = Position(file: file)
        for byte in bytes.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                position.line += 1
                position.column = 1
            } else if byte & 0xC0 != 0x80 {
                position.column += 1
            }
        }
        return position
    }
}

/// One event of the parser, freed with it.
private final class YAMLEvent {
    var event = yaml_event_t()

    deinit {
        yaml_event_delete(&event)
    }

    var type: yaml_event_type_t { event.type }

    /// The name after `&`, or after `*` for an alias.
    var anchor: String? {
        switch event.type {
        case YAML_ALIAS_EVENT: Self.string(event.data.alias.anchor)
        case YAML_SCALAR_EVENT: Self.string(event.data.scalar.anchor)
        case YAML_SEQUENCE_START_EVENT: Self.string(event.data.sequence_start.anchor)
        case YAML_MAPPING_START_EVENT: Self.string(event.data.mapping_start.anchor)
        default: nil
        }
    }

    /// A scalar's text.
    var text: String {
        String(
            decoding: UnsafeBufferPointer(start: event.data.scalar.value, count: Int(event.data.scalar.length)),
            as: UTF8.self
        )
    }

    /// The tag that is written out, if any.
    var tag: String? {
        switch event.type {
        case YAML_SCALAR_EVENT: Self.string(event.data.scalar.tag)
        case YAML_SEQUENCE_START_EVENT: Self.string(event.data.sequence_start.tag)
        case YAML_MAPPING_START_EVENT: Self.string(event.data.mapping_start.tag)
        default: nil
        }
    }

    /// Whether a scalar is without quotes, `|` and `>`.
    var isPlain: Bool { event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE }

    private static func string(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }
}
