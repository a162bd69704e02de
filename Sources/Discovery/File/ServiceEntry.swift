import Settings

/// One entry of a services file in our own form: a service, or a group that splits into services.
struct ServiceEntry {
    /// What it stands for; empty if anything in it is wrong.
    private(set) var services: [Service] = []
    /// What is wrong in it.
    private(set) var problems: [SourceProblem] = []

    init(_ node: SettingsNode) {
        let list = ProblemList()
        let reader = MappingReader(node, problems: list)
        let name = reader.requiredString("name")
        let tags = Self.tags(reader)
        let labels = reader.stringMap("labels") ?? [:]
        let options = reader.stringMap("options") ?? [:]
        let metadata = reader.stringMap("metadata") ?? [:]
        let endpoints = Self.endpoints(reader)
        reader.finish()
        if list.isEmpty, let name {
            if let endpoints = endpoints.group {
                services =
                    ServiceGroup(
                        name: name,
                        endpoints: endpoints,
                        tags: tags,
                        labels: labels,
                        options: options,
                        metadata: metadata
                    )
                    .services()
            } else if let endpoint = endpoints.single {
                services = [
                    Service(
                        name: name,
                        address: endpoint.address,
                        port: endpoint.port,
                        tags: tags,
                        labels: labels,
                        options: options,
                        metadata: metadata
                    )
                ]
            }
            if let fault = services.lazy.compactMap({ ServiceRules.fault(in: $0) }).first { list.add(fault, at: node) }
        }
        if !list.isEmpty {
            services = []
            let entry = name ?? node.path
            problems = list.problems.map { problem in
                let isInside = problem.path.hasPrefix(node.path + ".")
                let path = isInside ? String(problem.path.dropFirst(node.path.count + 1)) + ": " : ""
                return SourceProblem(entry: entry, reason: path + problem.message, position: problem.position)
            }
        }
    }

    private static func tags(_ reader: MappingReader) -> [String] {
        guard let node = reader.value("tags") else { return [] }
        // A single word is not taken for a list here: `tags: a, b` would become one tag without anybody noticing.
        guard case .sequence = node.content else {
            reader.problems.add("expected a list, found \(node.found)", at: node)
            return []
        }
        return reader.strings("tags") ?? []
    }

    private static func endpoints(
        _ reader: MappingReader
    ) -> (single: ServiceGroup.Endpoint?, group: [ServiceGroup.Endpoint]?) {
        let port = reader.integer("port", in: ServiceRules.ports)
        let address = reader.value("address")
        let addresses = reader.value("addresses")
        switch (address, addresses) {
        case (let node?, nil):
            return (endpoint(node, port: port, problems: reader.problems), nil)
        case (nil, let node?):
            guard case .sequence(let items) = node.content else {
                reader.problems.add("expected a list, found \(node.found)", at: node)
                return (nil, nil)
            }
            return (nil, items.compactMap { groupEndpoint($0, port: port, problems: reader.problems) })
        case (nil, nil):
            reader.problems.add("the key \"address\" is missing (or \"addresses\" for several)", at: reader.node)
        case (.some, let node?):
            reader.problems.add("expected either \"address\" or \"addresses\", found both", at: node)
        }
        return (nil, nil)
    }

    private static func groupEndpoint(
        _ node: SettingsNode,
        port: Int?,
        problems: ProblemList
    ) -> ServiceGroup.Endpoint? {
        guard case .mapping = node.content else {
            guard let split = split(node, problems: problems) else { return nil }
            return ServiceGroup.Endpoint(address: split.host, port: split.port ?? port)
        }
        let reader = MappingReader(node, problems: problems)
        let own = reader.integer("port", in: ServiceRules.ports)
        let address = reader.required("address")
        reader.finish()
        guard let address else { return nil }
        if let own { return endpoint(address, port: own, problems: problems) }
        guard let split = split(address, problems: problems) else { return nil }
        return ServiceGroup.Endpoint(address: split.host, port: split.port ?? port)
    }

    /// An address that may carry its port, beside a `port:` that must not contradict it.
    private static func endpoint(
        _ node: SettingsNode,
        port: Int?,
        problems: ProblemList
    ) -> ServiceGroup.Endpoint? {
        guard let split = split(node, problems: problems) else { return nil }
        if let own = split.port, let port, own != port {
            problems.add("the port stands here as \(own) and under \"port\" as \(port)", at: node)
            return nil
        }
        return ServiceGroup.Endpoint(address: split.host, port: split.port ?? port)
    }

    private static func split(_ node: SettingsNode, problems: ProblemList) -> HostPort? {
        guard let text = node.text else {
            problems.add("expected an address, found \(node.found)", at: node)
            return nil
        }
        do {
            return try HostPort(text)
        } catch {
            problems.add("\"\(text.prefix(80))\": \(error.message)", at: node)
            return nil
        }
    }
}
