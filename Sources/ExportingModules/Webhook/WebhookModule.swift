import Exposition
import Settings
import Synchronization
import Transport

/// The module `webhook`: records as JSON to any URL, in a form that a template gives.
///
/// By default a request has a JSON array with the objects of the module `file`. With `webhook.batch: false` every record
/// has a request of its own, and the template may name what the record consists of. What is not a number is the text
/// `NaN`, `+Inf` or `-Inf`.
///
/// A batch that the server refuses with 400 or 422 is sent again in parts, to find the records that are at fault.
public final class WebhookModule: ExportingModule {
    /// `webhook`.
    public static let name = "webhook"
    /// True.
    public static let crossesNetwork = true

    /// What can be configured.
    public static let parameters =
        [
            ModuleParameter("webhook.data", .bool, default: .bool(true), usage: "Whether samples are sent."),
            ModuleParameter("webhook.alarm", .bool, default: .bool(true), usage: "Whether alerts are sent."),
            ModuleParameter.required(
                "webhook.url",
                .secret,
                usage:
                    "Where to send, http or https. It is kept secret, because for many services whoever has it may send."
            ),
            ModuleParameter(
                "webhook.method",
                .choice(["POST", "PUT"]),
                default: .text("POST"),
                usage: "The method of the requests."
            ),
            ModuleParameter(
                "webhook.content_type",
                .text,
                default: .text("application/json"),
                usage: "What the server is told that it gets."
            ),
            ModuleParameter(
                "webhook.batch",
                .bool,
                default: .bool(true),
                usage: "Whether a request has many records, as ${records}, or one."
            ),
            ModuleParameter(
                "webhook.template",
                .text,
                usage:
                    "The JSON that is sent, with ${...} in it; by default ${records}, or ${record} without webhook.batch."
            ),
            ModuleParameter(
                "webhook.batch_size",
                .integer(1...100_000),
                default: .integer(100),
                usage: "How many samples are sent at once, at most."
            ),
        ] + HTTPModuleSettings.parameters(of: "webhook")

    /// What it is configured to send.
    public let takes: RecordKinds
    /// How many samples it is given at once.
    public let batchSize: Int

    private let url: SecretReference
    private let method: String
    private let headers: [HTTPHeader]
    private let isBatch: Bool
    private let template: WebhookTemplate
    private let agent: String
    private let sender: HTTPSender
    private let series = Mutex("")

    /// Creates the module.
    public convenience init(configuration: ModuleConfiguration) throws {
        try self.init(configuration: configuration, execute: nil)
    }

    /// Creates the module with another way to send requests.
    init(configuration: ModuleConfiguration, execute: HTTPSender.Execute?) throws {
        takes = try configuration.kinds(of: Self.name)
        batchSize = try configuration.required("webhook.batch_size", configuration.integer("webhook.batch_size"))
        url = try configuration.required("webhook.url", configuration.secret("webhook.url"))
        if case .literal(let secret) = url {
            _ = try configuration.address("webhook.url", secret.reveal(), isEndpoint: true)
        }
        method = try configuration.required("webhook.method", configuration.text("webhook.method"))
        let type = try configuration.required("webhook.content_type", configuration.text("webhook.content_type"))
        guard !type.isEmpty, !type.hasControlCharacters else {
            throw ModuleConfigurationError("webhook.content_type", "is empty or has a control character in it")
        }
        headers = [HTTPHeader("Content-Type", type)]
        isBatch = try configuration.bool("webhook.batch") ?? true
        template = try Self.template(configuration, isBatch: isBatch, takes: takes)
        agent = configuration.context.agent
        sender = HTTPSender(try HTTPModuleSettings(configuration, of: Self.name), execute: execute)
    }

    /// Keeps the name of the run.
    public func start(series: String) async throws {
        try sender.checkNetwork()
        self.series.withLock { $0 = series }
    }

    /// Sends samples.
    public func write(time: Int64, samples: [Sample]) async throws -> Delivery {
        let series = series.withLock { $0 }
        let records = samples.map { WebhookRecord(content: .sample($0), time: time, series: series, agent: agent) }
        return Delivery(try await isBatch ? sendTogether(records, time, series) : sendSingly(records))
    }

    /// Sends news of an alert.
    public func warn(time: Int64, alert: Alert) async throws -> DeliveryOutcome {
        let series = series.withLock { $0 }
        let record = WebhookRecord(content: .alert(alert), time: time, series: series, agent: agent)
        let body =
            isBatch ? template.fill(batch: [record], time: time, series: series, agent: agent) : template.fill(record)
        return sender.outcome(of: try await send(body))
    }

    /// Does nothing: there is nothing open.
    public func close() async throws {}

    private func sendTogether(
        _ records: [WebhookRecord],
        _ time: Int64,
        _ series: String
    ) async throws -> [DeliveryOutcome] {
        try await BatchSearch.run(count: records.count) { part in
            let body = template.fill(batch: records[part], time: time, series: series, agent: agent)
            return sender.searchAnswer(of: try await send(body))
        }
    }

    /// One request after the other; after one that has to be sent again, the rest has to wait, too.
    private func sendSingly(_ records: [WebhookRecord]) async throws -> [DeliveryOutcome] {
        var outcomes: [DeliveryOutcome] = []
        for record in records {
            let outcome: DeliveryOutcome
            do {
                outcome = sender.outcome(of: try await send(template.fill(record)))
            } catch {
                guard !outcomes.isEmpty else { throw error }
                outcome = .retry(after: nil, reason: "\(error)")
            }
            outcomes.append(outcome)
            if case .retry = outcome { break }
        }
        let rest = outcomes.last ?? .accepted
        return outcomes + Array(repeating: rest, count: records.count - outcomes.count)
    }

    private func send(_ body: [UInt8]) async throws -> HTTPSender.Answer {
        try await sender.send(to: url, method: method, headers: headers, body: body)
    }

    /// Reads the template and tries it with records of all kinds that it will be used for.
    private static func template(
        _ configuration: ModuleConfiguration,
        isBatch: Bool,
        takes: RecordKinds
    ) throws -> WebhookTemplate {
        let name = "webhook.template"
        let text = try configuration.text(name) ?? (isBatch ? "${records}" : "${record}")
        let names = isBatch ? WebhookPlaceholder.ofBatches : WebhookPlaceholder.ofRecords
        do throws(WebhookTemplate.Problem) {
            let template = try WebhookTemplate(text, names: names)
            if takes.contains(.samples), template.isForAlertsOnly {
                throw WebhookTemplate.Problem("names only what alerts have, and webhook.data is on")
            }
            if takes.contains(.alerts), template.isForSamplesOnly {
                throw WebhookTemplate.Problem("names only what samples have, and webhook.alarm is on")
            }
            let records = [WebhookPlaceholder.Example.sample, WebhookPlaceholder.Example.alert]
            if isBatch {
                try check(template.fill(batch: records[...], time: 0, series: "run", agent: "agent"))
            } else {
                for record in records { try check(template.fill(record)) }
            }
            return template
        } catch {
            throw ModuleConfigurationError(name, error.message)
        }
    }

    private static func check(_ bytes: [UInt8]) throws(WebhookTemplate.Problem) {
        do {
            try JSONCheck.check(bytes)
        } catch {
            let near = String(decoding: bytes.dropFirst(max(0, error.offset - 20)).prefix(40), as: UTF8.self)
            throw WebhookTemplate.Problem(
                "is not JSON when filled in: \(error.message), near \(HTTPOutcome.excerpt(near))"
            )
        }
    }
}

extension WebhookTemplate {
    fileprivate var isForAlertsOnly: Bool {
        placeholders.contains(where: \.isOfAlerts)
            && !placeholders.contains { $0 == .named("record") || $0.isOfSamples }
    }

    fileprivate var isForSamplesOnly: Bool {
        placeholders.contains(where: \.isOfSamples)
            && !placeholders.contains { $0 == .named("record") || $0.isOfAlerts }
    }
}
