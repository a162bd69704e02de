import Settings

/// Target groups as Prometheus' file discovery writes them: `[{targets: ["host:port"], labels: {...}}]`.
///
/// A group's label `job`, else `service`, names its services; without either they are called as the file, without its
/// extension. Labels that begin with `__` become metadata.
enum PrometheusTargets {
    /// - Throws: `SettingsError` if a group is null, as in Prometheus: the file is broken then, not just a group.
    static func parse(_ groups: [SettingsNode], file: String) throws(SettingsError) -> ServiceFile {
        var result = ServiceFile()
        let name = baseName(of: file)
        for group in groups {
            if group.isNull { throw ServiceFile.error("a target group is null", at: group) }
            add(group, defaultName: name, to: &result)
        }
        return result
    }

    private static func add(_ group: SettingsNode, defaultName: String, to result: inout ServiceFile) {
        let list = ProblemList()
        let reader = MappingReader(group, problems: list)
        let labels = reader.stringMap("labels") ?? [:]
        let targets = reader.required("targets")
        if let targets {
            if case .sequence = targets.content {
            } else {
                list.add("expected a list, found \(targets.found)", at: targets)
            }
        }
        reader.finish()
        let name = name(labels) ?? defaultName
        guard list.isEmpty, case .sequence(let items)? = targets?.content else {
            for problem in list.problems {
                result.problems.append(
                    SourceProblem(entry: name, reason: problem.message, position: problem.position)
                )
            }
            return
        }
        let (visible, metadata) = split(labels)
        for item in items {
            do throws(HostPort.Fault) {
                guard let text = item.text else {
                    throw HostPort.Fault(message: "expected \"host:port\", found \(item.found)")
                }
                let target = try HostPort(text)
                let service = Service(
                    name: name,
                    address: target.host,
                    port: target.port,
                    labels: visible,
                    metadata: metadata
                )
                if let fault = ServiceRules.fault(in: service) { throw HostPort.Fault(message: fault) }
                result.services.append(service)
            } catch {
                result.problems.append(
                    SourceProblem(entry: item.text ?? name, reason: error.message, position: item.position)
                )
            }
        }
    }

    private static func name(_ labels: [String: String]) -> String? {
        for key in ["job", "service"] {
            if let name = labels[key], !name.isEmpty { return name }
        }
        return nil
    }

    private static func split(_ labels: [String: String]) -> (visible: [String: String], metadata: [String: String]) {
        let metadata = labels.filter { $0.key.hasPrefix("__") }
        return (metadata.isEmpty ? labels : labels.filter { !$0.key.hasPrefix("__") }, metadata)
    }

    private static func baseName(of file: String) -> String {
        let name = file.split(separator: "/").last.map(String.init) ?? file
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return name }
        return String(name[..<dot])
    }
}
