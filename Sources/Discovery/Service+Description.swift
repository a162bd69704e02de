extension Service: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `name@address:port`.
    public var description: String { ServiceKey(name: name, address: address, port: port).description }

    /// `name@address:port`.
    public var debugDescription: String { description }

    /// Shows everything but the values of the options, because one of them may be a password.
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "name": name, "address": address, "port": port as Any, "tags": tags, "labels": labels,
                "options": options.keys.sorted(), "metadata": metadata,
            ]
        )
    }
}

extension Service {
    /// The options as they may be shown: those under `keys` read `<secret>`.
    ///
    /// - Parameter keys: The keys whose values are secrets, as the templates say that matched the service.
    public func options(redacting keys: Set<String>) -> [String: String] {
        var shown = options
        for key in keys where shown[key] != nil { shown[key] = "<secret>" }
        return shown
    }
}
