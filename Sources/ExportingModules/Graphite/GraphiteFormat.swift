import Exposition

/// Lines of Graphite's plaintext protocol: path, value and time in seconds, with spaces between
/// (https://graphite.readthedocs.io/en/latest/feeding-carbon.html, and tags.html for tagged series).
struct GraphiteFormat: Sendable {
    /// Why a record cannot be written in this format.
    struct Problem: Error, Equatable {
        var message: String
    }

    /// What carbon reads of a line; it closes the connection at a longer one (Twisted's `LineOnlyReceiver`).
    private static let maximumLine = 16_384
    /// What a file system takes as a file's name, without `.wsp`.
    private static let maximumNode = 251
    /// What leaves room for the folder in a path of a file.
    private static let maximumPath = 3000

    private let prefix: String
    private let template: GraphiteTemplate
    private let isTagged: Bool

    /// - Parameters:
    ///   - prefix: Nodes before every path; may be empty.
    ///   - template: How paths are made if there are no tags.
    ///   - isTagged: Whether labels are tags.
    init(prefix: String, template: GraphiteTemplate, isTagged: Bool) {
        self.prefix = GraphiteText.path(prefix)
        self.template = template
        self.isTagged = isTagged
    }

    /// The line of a sample.
    func line(_ sample: Sample) throws(Problem) -> String {
        var path = "\(prefix)."
        if isTagged {
            path = GraphiteText.withoutEmptyNodes(path + GraphiteText.path(sample.name))
            appendTags(service: sample.service, sample.labels, own: [], to: &path)
        } else {
            template.append(service: sample.service, name: sample.name, labels: sample.labels, to: &path)
            path = GraphiteText.withoutEmptyNodes(path)
        }
        return try line(path, sample.value, sample.timestamp)
    }

    /// The line of news of an alert: 1 when it begins and while it goes on, 0 when it has ended.
    func line(_ alert: Alert, time: Int64) throws(Problem) -> String {
        var path = "\(prefix).alarm"
        if isTagged {
            path = GraphiteText.withoutEmptyNodes(path)
            let own = [(name: "stat", value: alert.stat), (name: "status", value: alert.status.rawValue)]
            appendTags(service: alert.service, alert.labels, own: own, to: &path)
        } else {
            path += alert.status == .up ? ".up." : ".down."
            template.append(service: alert.service, name: alert.stat, labels: alert.labels, to: &path)
            path = GraphiteText.withoutEmptyNodes(path)
        }
        switch alert.state {
        case .firing: return try line(path, 1, time)
        case .resolved: return try line(path, 0, alert.end ?? time)
        }
    }

    /// Appends tags to a name. A label that is called as one of our own, or `name`, which Graphite keeps for itself, is
    /// called `exported_` and its name. One without value is left out, as that is the same for labels.
    private func appendTags(
        service: String,
        _ labels: LabelSet,
        own: [(name: String, value: String)],
        to path: inout String
    ) {
        func add(_ name: String, _ value: String) {
            if name.isEmpty || value.isEmpty { return }
            path += ";"
            path += GraphiteText.tagName(name)
            path += "="
            path += GraphiteText.tagValue(value)
        }
        for tag in own { add(tag.name, tag.value) }
        if (labels["service"] ?? "").isEmpty { add("service", service) }
        for label in labels.labels {
            let isTaken = label.name == "name" || own.contains { $0.name == label.name }
            add(isTaken ? "exported_\(label.name)" : label.name, label.value)
        }
    }

    private func line(_ path: String, _ value: Double, _ time: Int64) throws(Problem) -> String {
        guard value.isFinite else {
            throw Problem(message: "graphite stores no \(NumberFormat.plain(value))")
        }
        let seconds = time / 1000
        // Whisper stores 32 bits; carbon takes -1 for now.
        guard time >= 1000, seconds <= Int64(UInt32.max) else {
            throw Problem(message: "graphite stores no time of \(time) ms since 1970")
        }
        guard !path.isEmpty, !path.hasPrefix(";") else { throw Problem(message: "the path is empty") }
        if !isTagged {
            guard path.utf8.count <= Self.maximumPath else {
                throw Problem(message: "the path has more than \(Self.maximumPath) bytes")
            }
            guard GraphiteText.longestNode(path) <= Self.maximumNode else {
                throw Problem(message: "a node of the path has more than \(Self.maximumNode) bytes")
            }
        }
        let line = "\(path) \(NumberFormat.plain(value)) \(seconds)\n"
        guard line.utf8.count - 1 <= Self.maximumLine else {
            throw Problem(message: "the line has more than \(Self.maximumLine) bytes")
        }
        return line
    }
}
