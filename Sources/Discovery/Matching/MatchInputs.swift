import Settings

/// What rendering depends on besides the service: the templates' secrets and fingerprints as they are now.
struct MatchInputs: Sendable {
    /// Grows whenever one of them changes.
    private(set) var generation: UInt64 = 0
    /// By template.
    private(set) var fingerprints: [String]
    /// By template and key.
    private(set) var secrets: [[String: Result<Secret, SecretError>]]
    /// Secrets that could not be read again, by template.
    private(set) var complaints: [[String]]

    init(count: Int) {
        fingerprints = Array(repeating: "", count: count)
        secrets = Array(repeating: [:], count: count)
        complaints = Array(repeating: [], count: count)
    }

    /// Reads the secrets again: they are few and small, and a time stamp could hide a change.
    ///
    /// A secret that was there and cannot be read now keeps its value, so that a glitch closes nothing.
    mutating func refresh(_ templates: [ExporterTemplate], environment: [String: String], directory: String) {
        var isChanged = false
        for (index, template) in templates.enumerated() {
            let fingerprint = template.fingerprint()
            if fingerprint != fingerprints[index] {
                fingerprints[index] = fingerprint
                isChanged = true
            }
            complaints[index] = []
            for (key, secret) in template.secrets.sorted(by: { $0.key < $1.key }) {
                guard case .reference(let reference) = secret else { continue }
                let old = secrets[index][key]
                let new: Result<Secret, SecretError>
                do {
                    new = .success(try reference.resolve(environment: environment, directory: directory))
                } catch {
                    new = .failure(error)
                    if case .success? = old {
                        complaints[index].append("\(key): \(error); its last value stays")
                        continue
                    }
                }
                if new != old {
                    secrets[index][key] = new
                    isChanged = true
                }
            }
        }
        if isChanged { generation &+= 1 }
    }
}

extension Result where Success: Equatable, Failure: Equatable {
    fileprivate static func != (lhs: Result, rhs: Result?) -> Bool {
        guard let rhs else { return true }
        return !(lhs == rhs)
    }
}
