import Settings
import Transport

/// What all modules that speak HTTP have in common: where to, who says it, and how long it may take.
struct HTTPModuleSettings: Sendable {
    /// How a token is sent.
    enum TokenScheme: String, Sendable {
        /// RFC 6750.
        case bearer = "Bearer"
        /// InfluxDB's.
        case token = "Token"
    }

    private enum Credentials: Sendable {
        case none
        case password(user: String, SecretReference?)
        case token(SecretReference)
    }

    /// The name of the module.
    let module: String
    /// How long one exchange may take.
    let timeout: Duration
    /// The configured headers.
    let headers: [HTTPHeader]
    /// What the module is given besides its parameters.
    let context: ModuleContext
    private let tls: TLSSettings
    private let credentials: Credentials
    private let tokenScheme: TokenScheme

    /// The parameters of a module, without the address.
    static func parameters(of module: String) -> [ModuleParameter] {
        [
            ModuleParameter(
                "\(module).timeout",
                .duration(.milliseconds(100) ... .seconds(600)),
                default: .duration(.seconds(10)),
                usage: "How long one request may take, from the look-up of the name to the last byte."
            ),
            ModuleParameter("\(module).username", .text, usage: "The user name, for basic authentication."),
            ModuleParameter("\(module).password", .secret, usage: "The password of the user."),
            ModuleParameter("\(module).token", .secret, usage: "A token, instead of a user name and a password."),
            ModuleParameter("\(module).headers", .mapping, usage: "Header fields that are sent with each request."),
            ModuleParameter(
                "\(module).tls_ca",
                .path,
                usage: "A PEM file with the authorities to trust instead of the system's."
            ),
            ModuleParameter("\(module).tls_certificate", .path, usage: "A PEM file with the client's certificate."),
            ModuleParameter("\(module).tls_key", .path, usage: "A PEM file with the key of the client's certificate."),
            ModuleParameter(
                "\(module).tls_verify",
                .bool,
                default: .bool(true),
                usage: "Whether the server's certificate must be valid and have the right name."
            ),
        ]
    }

    /// Reads the parameters.
    ///
    /// - Parameters:
    ///   - configuration: The configuration of the module.
    ///   - module: The name of the module.
    ///   - ownHeaders: The headers that the module makes itself, in lower case.
    ///   - tokenScheme: How a token is sent.
    /// - Throws: ``ModuleConfigurationError`` with everything that does not go together.
    init(
        _ configuration: ModuleConfiguration,
        of module: String,
        ownHeaders: [String] = ["content-type"],
        tokenScheme: TokenScheme = .bearer
    ) throws(ModuleConfigurationError) {
        self.module = module
        self.tokenScheme = tokenScheme
        context = configuration.context
        timeout = try configuration.required("\(module).timeout", configuration.duration("\(module).timeout"))
        tls = TLSSettings(
            caFile: try configuration.text("\(module).tls_ca").map(context.path),
            certificateFile: try configuration.text("\(module).tls_certificate").map(context.path),
            keyFile: try configuration.text("\(module).tls_key").map(context.path),
            verifies: try configuration.bool("\(module).tls_verify") ?? true
        )
        guard tls.keyFile == nil || tls.certificateFile != nil else {
            throw ModuleConfigurationError("\(module).tls_key", "is given without \(module).tls_certificate")
        }
        credentials = try Self.credentials(configuration, module)
        let reserved = ownHeaders + ["content-length", "transfer-encoding", "content-encoding", "connection"]
        headers = try Self.headers(configuration, module, reserved: reserved)
    }

    /// Whether a secret is in a file, which is read for each request.
    var hasSecretFile: Bool {
        switch credentials {
        case .password(_, .file?), .token(.file): true
        default: false
        }
    }

    /// Makes a request with the credentials as they are now.
    ///
    /// - Throws: `SecretError` if a secret cannot be read, or could not be sent.
    func request(
        _ method: String = "POST",
        _ url: String,
        headers own: [HTTPHeader] = [],
        body: [UInt8] = []
    ) throws(SecretError) -> HTTPRequest {
        var request = HTTPRequest(
            method: method,
            url: url,
            headers: headers + own,
            body: body,
            timeout: timeout,
            connectTimeout: min(.seconds(5), timeout),
            maximumBody: 64 * 1024,
            keepsTruncatedBody: true,
            tls: tls,
            acceptsCompression: false
        )
        switch credentials {
        case .none: break
        case .password(let user, let reference):
            let password = try reference.map { (reference) throws(SecretError) in try reveal(reference) } ?? ""
            request.authentication = .basic(user: user, password: password)
        case .token(let reference):
            let token = try reveal(reference)
            if tokenScheme == .bearer {
                request.authentication = .bearer(token: token)
            } else {
                request.headers.append(HTTPHeader("Authorization", "\(tokenScheme.rawValue) \(token)"))
            }
        }
        return request
    }

    private func reveal(_ reference: SecretReference) throws(SecretError) -> String {
        let secret = try context.reveal(reference).reveal()
        guard !secret.hasControlCharacters else {
            throw SecretError(message: "a secret of \(module) has a line break or another control character in it")
        }
        return secret
    }

    private static func credentials(
        _ configuration: ModuleConfiguration,
        _ module: String
    ) throws(ModuleConfigurationError) -> Credentials {
        let user = try configuration.text("\(module).username")
        let password = try configuration.secret("\(module).password")
        let token = try configuration.secret("\(module).token")
        switch (user, token) {
        case (let user?, nil):
            guard !user.contains(":"), !user.hasControlCharacters else {
                throw ModuleConfigurationError("\(module).username", "has a colon or a control character in it")
            }
            return .password(user: user, password)
        case (nil, let token?):
            guard password == nil else {
                throw ModuleConfigurationError(
                    "\(module).password",
                    "is given with \(module).token; one of them is enough"
                )
            }
            return .token(token)
        case (_?, _?):
            throw ModuleConfigurationError("\(module).token", "is given with \(module).username; one of them is enough")
        case (nil, nil):
            guard password == nil else {
                throw ModuleConfigurationError("\(module).password", "is given without \(module).username")
            }
            return .none
        }
    }

    private static func headers(
        _ configuration: ModuleConfiguration,
        _ module: String,
        reserved: [String]
    ) throws(ModuleConfigurationError) -> [HTTPHeader] {
        let name = "\(module).headers"
        let fields = try configuration.mapping(name) ?? [:]
        var headers: [HTTPHeader] = []
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            guard !key.isEmpty, key.utf8.allSatisfy(isTokenByte) else {
                throw ModuleConfigurationError(name, "\"\(key)\" is no name of a header field")
            }
            guard !value.hasControlCharacters else {
                throw ModuleConfigurationError(name, "the value of \(key) has a control character in it")
            }
            guard !reserved.contains(key.lowercased()) else {
                throw ModuleConfigurationError(name, "\(key) is made by the module itself")
            }
            headers.append(HTTPHeader(key, value))
        }
        return headers
    }

    /// The characters of a `token` (RFC 9110, 5.6.2).
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}

extension ModuleConfiguration {
    /// The address of a server.
    func address(_ name: String, isEndpoint: Bool) throws(ModuleConfigurationError) -> HTTPAddress {
        try address(name, required(name, text(name)), isEndpoint: isEndpoint)
    }

    /// An address that is the value of a parameter, or a part of it.
    func address(_ name: String, _ text: String, isEndpoint: Bool) throws(ModuleConfigurationError) -> HTTPAddress {
        do {
            return try HTTPAddress(text, isEndpoint: isEndpoint)
        } catch {
            // The text itself may have a password in it.
            throw ModuleConfigurationError(name, "the address \(error.message)")
        }
    }

    /// What a module takes, by its parameters `data` and `alarm`.
    func kinds(of module: String) throws(ModuleConfigurationError) -> RecordKinds {
        var kinds: RecordKinds = []
        if try bool("\(module).data") == true { kinds.insert(.samples) }
        if try bool("\(module).alarm") == true { kinds.insert(.alerts) }
        guard !kinds.isEmpty else {
            throw ModuleConfigurationError("\(module).data", "neither this nor \(module).alarm is on: nothing is sent")
        }
        return kinds
    }
}
