/// What the parts of a service must look like, whatever they come from.
enum ServiceRules {
    /// The longest name, tag or key, in bytes.
    static let maximumName = 256
    /// The longest address, in bytes: that of a path.
    static let maximumAddress = 4096
    /// The longest value of a label, an option or metadata, in bytes.
    static let maximumValue = 16 * 1024
    /// The largest number of tags, labels, options or metadata of one service.
    static let maximumCount = 256
    /// The ports.
    static let ports = 1...65535

    /// What is wrong with a service's name.
    static func fault(inName name: String) -> String? {
        if name.isEmpty { return "the name must not be empty" }
        return fault(inText: name, what: "the name", maximum: maximumName)
    }

    /// What is wrong with an address.
    static func fault(inAddress address: String) -> String? {
        if address.isEmpty { return "the address must not be empty" }
        if let fault = fault(inText: address, what: "the address", maximum: maximumAddress) { return fault }
        if !address.utf8.contains(UInt8(ascii: "/")), address.utf8.contains(UInt8(ascii: " ")) {
            return "an address has no blanks, found \"\(address.prefix(40))\""
        }
        return nil
    }

    /// What is wrong with a label's name: it must be one that a metric may carry and that a person may give.
    static func fault(inLabelName name: String) -> String? {
        let isName =
            name.utf8.first.map { isLetter($0) } ?? false
            && name.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) }
        if !isName { return "\"\(name.prefix(40))\" is no label name; expected letters, digits and underscores" }
        if name.hasPrefix("__") {
            return "label names that begin with \"__\" are reserved, found \"\(name.prefix(40))\""
        }
        if name.utf8.count > maximumName { return "the label name \"\(name.prefix(40))...\" is too long" }
        return nil
    }

    /// What is wrong with a service as a whole; nil if nothing is.
    static func fault(in service: Service) -> String? {
        if let fault = fault(inName: service.name) ?? fault(inAddress: service.address) { return fault }
        if let port = service.port, !ports.contains(port) { return "expected a port from 1 to 65535, found \(port)" }
        if service.tags.count > maximumCount { return "more than \(maximumCount) tags" }
        for tag in service.tags {
            if tag.isEmpty { return "a tag must not be empty" }
            if let fault = fault(inText: tag, what: "a tag", maximum: maximumName) { return fault }
        }
        // The first by name, so that the same service always gives the same reason.
        if let name = service.labels.keys.filter({ fault(inLabelName: $0) != nil }).min() {
            return fault(inLabelName: name)
        }
        return fault(in: service.labels, what: "label")
            ?? fault(in: service.options, what: "option")
            ?? fault(in: service.metadata, what: "metadata")
    }

    private static func fault(in map: [String: String], what: String) -> String? {
        if map.count > maximumCount { return "more than \(maximumCount) values of \(what)" }
        return map.compactMap { key, value in fault(inKey: key, value: value, what: what).map { (key, $0) } }
            .min { $0.0 < $1.0 }?.1
    }

    private static func fault(inKey key: String, value: String, what: String) -> String? {
        if key.isEmpty { return "a key of \(what) must not be empty" }
        if let fault = fault(inText: key, what: "a key of \(what)", maximum: maximumName) { return fault }
        if value.utf8.count > maximumValue {
            return "the value of \(what) \"\(key)\" is longer than \(maximumValue) bytes"
        }
        if value.utf8.contains(0) { return "the value of \(what) \"\(key)\" contains a null character" }
        return nil
    }

    private static func fault(inText text: String, what: String, maximum: Int) -> String? {
        if text.utf8.count > maximum { return "\(what) is longer than \(maximum) bytes" }
        if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "\(what) contains a control character" }
        return nil
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_")
    }
}
