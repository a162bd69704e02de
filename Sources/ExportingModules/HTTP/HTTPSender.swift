import Glibc
import Settings
import Transport

/// Sends the requests of a module and says what has become of them.
struct HTTPSender: Sendable {
    /// Sends one request.
    typealias Execute = @Sendable (HTTPRequest) async throws -> HTTPResponse
    /// The time in milliseconds since 1970.
    typealias Now = @Sendable () -> Int64

    /// What came of a request.
    enum Answer: Sendable {
        /// The server answered this.
        case response(HTTPResponse)
        /// It did not, or the request could not be made.
        case failure(DeliveryOutcome)
    }

    let settings: HTTPModuleSettings
    private let execute: Execute?
    private let now: Now
    /// Where secrets in files are read, which may block.
    private let files: BlockingQueue

    /// Creates a sender.
    ///
    /// - Parameters:
    ///   - settings: The settings of the module.
    ///   - execute: Sends a request; nil for the client that the context has.
    ///   - now: The time, for dates in answers.
    init(_ settings: HTTPModuleSettings, execute: Execute? = nil, now: @escaping Now = HTTPSender.wallClock) {
        self.settings = settings
        self.execute = execute
        self.now = now
        files = BlockingQueue(label: "muster.\(settings.module).secrets")
    }

    /// Checks that there is a network.
    ///
    /// - Throws: ``ModuleConfigurationError`` if not.
    func checkNetwork() throws(ModuleConfigurationError) {
        if execute == nil { _ = try settings.context.requiredNetwork() }
    }

    /// Sends a request.
    ///
    /// - Throws: `CancellationError` and nothing else.
    func send(
        _ url: String,
        method: String = "POST",
        headers: [HTTPHeader] = [],
        body: [UInt8] = []
    ) async throws -> Answer {
        do {
            let request =
                settings.hasSecretFile
                ? try await files.run { try settings.request(method, url, headers: headers, body: body) }
                : try settings.request(method, url, headers: headers, body: body)
            if let execute { return .response(try await execute(request)) }
            return .response(try await settings.context.requiredNetwork().http.execute(request))
        } catch let error as HTTPError {
            return .failure(HTTPOutcome.of(error))
        } catch let error as SecretError {
            return .failure(.retry(after: HTTPOutcome.mendingTime, reason: error.message))
        } catch let error as CancellationError {
            throw error
        } catch {
            return .failure(.retry(after: nil, reason: HTTPOutcome.excerpt("\(error)")))
        }
    }

    /// Sends a request to an address that is a secret, which is read anew.
    ///
    /// - Throws: `CancellationError` and nothing else.
    func send(
        to address: SecretReference,
        method: String,
        headers: [HTTPHeader],
        body: [UInt8]
    ) async throws -> Answer {
        let url: String
        do {
            let context = settings.context
            let secret =
                if case .file = address {
                    try await files.run { try context.reveal(address) }
                } else {
                    try context.reveal(address)
                }
            url = try HTTPAddress(secret.reveal(), isEndpoint: true).url
        } catch let error as HTTPAddress.Problem {
            return .failure(.retry(after: HTTPOutcome.mendingTime, reason: "the address \(error.message)"))
        } catch {
            return .failure(.retry(after: HTTPOutcome.mendingTime, reason: "\(error)"))
        }
        return try await send(url, method: method, headers: headers, body: body)
    }

    /// What an answer says about the records of its request.
    func outcome(of answer: Answer) -> DeliveryOutcome {
        switch answer {
        case .response(let response): HTTPOutcome.of(response, at: now())
        case .failure(let outcome): outcome
        }
    }

    /// What an answer says, and whether a refusal is about all records of its request.
    func searchAnswer(of answer: Answer) -> BatchSearch.Answer {
        guard case .response(let response) = answer else { return BatchSearch.Answer(outcome: outcome(of: answer)) }
        return BatchSearch.Answer(outcome: outcome(of: answer), isWhole: !HTTPOutcome.isAboutRecords(response))
    }

    /// The machine's clock.
    static let wallClock: Now = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
