extension SecretReference {
    /// Reads a secret's source from a configuration: a string, `{env: NAME}` or `{file: PATH}`.
    ///
    /// - Returns: Nil, with a problem noted, if it is none of these.
    public init?(node: SettingsNode, problems: ProblemList) {
        switch node.content {
        case .scalar(let text, _):
            self = .literal(Secret(text))
        case .secret(let secret):
            self = .literal(secret)
        case .mapping:
            let reader = MappingReader(node, problems: problems)
            let environment = reader.string("env")
            let file = reader.string("file")
            reader.finish()
            switch (environment, file) {
            case (let name?, nil): self = .environment(name)
            case (nil, let path?): self = .file(path)
            default:
                problems.add("expected exactly one of {env: NAME} and {file: PATH}", at: node)
                return nil
            }
        default:
            problems.add("expected a string, {env: NAME} or {file: PATH}, found \(node.found)", at: node)
            return nil
        }
    }
}
