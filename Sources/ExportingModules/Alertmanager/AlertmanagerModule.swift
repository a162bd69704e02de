import Exposition
import Settings
import Synchronization
import Transport

/// The module `alertmanager`: alerts to one or several Alertmanagers, by the API of version 2.
///
/// Every address gets every alert. News is accepted when one of them has it, as in Prometheus: the others get it with the
/// next telling. Alerts that go on are told again every `alertmanager.resend`, with an end four times as far away, so that
/// they resolve by themselves when the agent is gone for longer; their end is told for 15 minutes. At most 10,000 alerts
/// are told again.
public final class AlertmanagerModule: ExportingModule {
    /// `alertmanager`.
    public static let name = "alertmanager"
    /// True.
    public static let crossesNetwork = true

    /// What can be configured.
    public static let parameters =
        [
            ModuleParameter(
                "alertmanager.address",
                .list,
                default: .list(["http://127.0.0.1:9093"]),
                usage: "The addresses of the Alertmanagers, without the path of the API; each gets every alert."
            ),
            ModuleParameter(
                "alertmanager.alertname",
                .text,
                default: .text("MusterAnomaly"),
                usage: "The label alertname."
            ),
            ModuleParameter(
                "alertmanager.labels",
                .mapping,
                usage: "Labels that every alert gets; labels of a series that have the same names become exported_NAME."
            ),
            ModuleParameter(
                "alertmanager.agent_name",
                .text,
                usage: "The label agent; the name of the agent if it is left out, no label if it is empty."
            ),
            ModuleParameter(
                "alertmanager.generator_url",
                .text,
                usage: "Where a person finds out more, such as the address of the agent."
            ),
            ModuleParameter(
                "alertmanager.resend",
                .duration(.seconds(1) ... .seconds(3600)),
                default: .duration(.seconds(60)),
                usage: "How often alerts are told again."
            ),
        ] + HTTPModuleSettings.parameters(of: "alertmanager")

    /// Alerts only.
    public let takes = RecordKinds.alerts

    private let addresses: [HTTPAddress]
    private let form: AlertmanagerAlert.Form
    private let resend: Duration
    private let sender: HTTPSender
    private let now: HTTPSender.Now
    private let sleep: @Sendable (Duration) async throws -> Void
    private let turn = Turn()
    private let state = Mutex(State())

    private struct State {
        var book = AlertBook()
        /// Tells alerts again. It lives from `start` to `close`, which belong to no common task that could own it.
        var telling: Task<Void, Never>?
    }

    /// The most alerts in one request.
    private static let batch = 100

    /// Creates the module.
    public convenience init(configuration: ModuleConfiguration) throws {
        try self.init(configuration: configuration, execute: nil, clock: ContinuousClock())
    }

    /// Creates the module with another way to send requests, and other clocks.
    init(
        configuration: ModuleConfiguration,
        execute: HTTPSender.Execute?,
        now: @escaping HTTPSender.Now = HTTPSender.wallClock,
        clock: some Clock<Duration>
    ) throws {
        let name = "alertmanager.address"
        addresses = try configuration.required(name, configuration.list(name)).map {
            try configuration.address(name, $0, isEndpoint: false)
        }
        guard !addresses.isEmpty else { throw ModuleConfigurationError(name, "is empty") }
        form = try Self.form(configuration)
        resend = try configuration.required("alertmanager.resend", configuration.duration("alertmanager.resend"))
        sender = HTTPSender(try HTTPModuleSettings(configuration, of: Self.name), execute: execute, now: now)
        self.now = now
        sleep = { try await clock.sleep(for: $0) }
    }

    /// Begins to tell alerts again.
    public func start(series: String) async throws {
        try sender.checkNetwork()
        state.withLock { state in
            state.book = AlertBook()
            guard state.telling == nil else { return }
            state.telling = Task { [weak self, sleep, resend] in
                // The module ends it in `close`; if it is dropped without, the task ends by itself.
                while (try? await sleep(resend)) != nil, let self { await tellAgain() }
            }
        }
    }

    /// Is never called: the module takes alerts only.
    public func write(time: Int64, samples: [Sample]) async throws -> Delivery {
        Delivery(count: samples.count, .rejected(reason: "the module alertmanager takes alerts only"))
    }

    /// Sends news of an alert to all addresses.
    public func warn(time: Int64, alert: Alert) async throws -> DeliveryOutcome {
        let told = AlertmanagerAlert(alert, form: form)
        let outcome = try await turn.take {
            state.withLock { $0.book.note(told, at: now()) }
            return try await post([told])
        }
        if case .rejected = outcome { state.withLock { $0.book.forget(told) } }
        return outcome
    }

    /// Ends the telling. Alerts that go on resolve by themselves, unless the agent is back before that.
    public func close() async throws {
        let telling = state.withLock { $0.telling.take() }
        telling?.cancel()
        await telling?.value
    }

    private func tellAgain() async {
        var last: UInt64 = 0
        let end = state.withLock { $0.book.lastNumber }
        while !Task.isCancelled {
            let outcome = try? await turn.take { () -> DeliveryOutcome? in
                // Read in its turn, so that it is never older than what `warn` has sent.
                guard let due = state.withLock({ $0.book.due(after: last, through: end, at: now(), count: Self.batch) })
                else {
                    return nil
                }
                last = due.last
                return try await post(due.alerts)
            }
            switch outcome {
            case .accepted, .rejected, .tooLarge: continue
            // There is nothing more, or what fails is told again with the next telling.
            case .retry, nil: return
            }
        }
    }

    /// Sends alerts to all addresses at the same time.
    private func post(_ alerts: [AlertmanagerAlert]) async throws -> DeliveryOutcome {
        let expiry = now().addingReportingOverflow(4 * resend.wholeMilliseconds).partialValue
        let body = AlertmanagerAlert.body(alerts, expiry: expiry)
        let headers = [HTTPHeader("Content-Type", "application/json")]
        let outcomes = try await withThrowingTaskGroup(of: DeliveryOutcome.self) { group in
            for address in addresses {
                group.addTask { [sender] in
                    sender.outcome(
                        of: try await sender.send(address.url("/api/v2/alerts"), headers: headers, body: body)
                    )
                }
            }
            var outcomes: [DeliveryOutcome] = []
            for try await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
        return Self.common(outcomes)
    }

    /// One outcome for all addresses: accepted if one has it, to be sent again if one may still take it, else refused.
    static func common(_ outcomes: [DeliveryOutcome]) -> DeliveryOutcome {
        if outcomes.contains(.accepted) { return .accepted }
        let again = outcomes.filter { if case .retry = $0 { true } else { false } }
        let shortest = again.min { left, right in
            guard case .retry(let first, _) = left, case .retry(let second, _) = right else { return false }
            return (first ?? .zero) < (second ?? .zero)
        }
        return shortest ?? outcomes.first ?? .accepted
    }

    private static func form(_ configuration: ModuleConfiguration) throws -> AlertmanagerAlert.Form {
        let alertname = try configuration.text("alertmanager.alertname") ?? ""
        guard !alertname.isEmpty else { throw ModuleConfigurationError("alertmanager.alertname", "is empty") }
        let labels = try configuration.mapping("alertmanager.labels") ?? [:]
        for name in labels.keys {
            guard !name.isEmpty, EscapingScheme.underscores.escape(labelName: name) == name else {
                throw ModuleConfigurationError("alertmanager.labels", "\"\(name)\" is no name of a label")
            }
            guard !["alertname", "stat", "status"].contains(name) else {
                throw ModuleConfigurationError("alertmanager.labels", "\(name) is made by the module itself")
            }
        }
        var url = ""
        if let text = try configuration.text("alertmanager.generator_url"), !text.isEmpty {
            url = try configuration.address("alertmanager.generator_url", text, isEndpoint: true).url
        }
        return AlertmanagerAlert.Form(
            name: alertname,
            agent: try configuration.text("alertmanager.agent_name") ?? configuration.context.agent,
            labels: labels,
            generatorURL: url
        )
    }
}
