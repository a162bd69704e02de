/// What makes a service the same service from one poll to the next, on every machine.
public struct ServiceKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The exporter template that matched; empty without templates.
    public var template: String
    /// The service's name.
    public var name: String
    /// Its address.
    public var address: String
    /// Its port, if it has one.
    public var port: Int?

    /// Creates a key.
    public init(template: String = "", name: String, address: String, port: Int? = nil) {
        self.template = template
        self.name = name
        self.address = address
        self.port = port
    }

    /// By name, address, port and template.
    public static func < (lhs: ServiceKey, rhs: ServiceKey) -> Bool {
        (lhs.name, lhs.address, lhs.port ?? 0, lhs.template) < (rhs.name, rhs.address, rhs.port ?? 0, rhs.template)
    }

    /// `template/name@address:port`, for logs.
    public var description: String {
        let host = address.contains(":") && port != nil ? "[\(address)]" : address
        return (template.isEmpty ? "" : template + "/") + name + "@" + host + (port.map { ":\($0)" } ?? "")
    }
}
