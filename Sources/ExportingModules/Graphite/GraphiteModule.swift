import Synchronization
import Transport

/// The module `graphite`: samples in Graphite's plaintext protocol, over TCP or UDP, with or without tags.
///
/// Without tags the path of a series is made by `graphite.template`, by default `{service}.{name}.{labels}`, where
/// `{labels}` is the name and the value of every label in the order of the names. In each of these every character but
/// ASCII letters, digits, `_`, `-` and `:` is a `_`, dots too. So two series whose names or values differ in other
/// characters only are one for Graphite, and the later value of a second wins. Nodes that would be empty are left out.
///
/// With `graphite.tags` a series keeps its name, with `graphite.prefix` before it, and its labels are tags, with the tag
/// `service` for the service unless there is such a label. In names of tags `;`, `!`, `^` and `=`, in values `;`, in both
/// white space and control characters are a `_` each; so is a `~` at the beginning of a value, and the last character of a
/// value that ends with `"}`. A label `name` is the tag `exported_name`. Labels without value are left out.
///
/// Times are whole seconds; of several values of a series within a second Graphite keeps the last. Graphite has no NaN and no
/// infinities: such samples are rejected, each with its reason, and so are times that it cannot store and names that are
/// longer than it takes.
///
/// An alert is the series `alarm`, which is 1 when it begins and 0 when it has ended: `PREFIX.alarm.up.PATH` or
/// `PREFIX.alarm.down.PATH`, where the path is that of the series; with tags `PREFIX.alarm` with the tags `stat` and `status`
/// and the labels.
///
/// Carbon says nothing about what it has received. A sample counts as delivered when carbon's host has confirmed all of
/// its line, over UDP when it was sent and nobody said that nobody listens.
public final class GraphiteModule: ExportingModule {
    /// `graphite`.
    public static let name = "graphite"

    /// What can be configured.
    public static let parameters = [
        ModuleParameter("graphite.data", .bool, default: .bool(true), usage: "Whether samples are sent."),
        ModuleParameter("graphite.alarm", .bool, default: .bool(false), usage: "Whether alerts are sent, as 1 and 0."),
        ModuleParameter(
            "graphite.address",
            .text,
            default: .text("tcp://127.0.0.1:2003"),
            usage: "Carbon's receiver of lines: tcp:// or udp://, host and port; tcp4, tcp6, udp4 and udp6 too."
        ),
        ModuleParameter(
            "graphite.prefix",
            .text,
            default: .text("muster"),
            usage: "What every path begins with; may have dots, may be empty."
        ),
        ModuleParameter(
            "graphite.tags",
            .bool,
            default: .bool(false),
            usage: "Whether labels are tags; otherwise they are in the path."
        ),
        ModuleParameter(
            "graphite.template",
            .text,
            default: .text("{service}.{name}.{labels}"),
            usage: "The path without tags, of {service}, {name}, {label:NAME}, {labels} (all others) and text."
        ),
        ModuleParameter(
            "graphite.timeout",
            .duration(.milliseconds(10) ... .seconds(600)),
            default: .duration(.seconds(10)),
            usage: "How long to wait for carbon, connecting included."
        ),
    ]

    /// True.
    public static let crossesNetwork = true

    /// What it is configured to send.
    public let takes: RecordKinds

    private let target: SocketTarget
    private let format: GraphiteFormat
    private let timeout: Duration
    private let context: ModuleContext
    private let link = Mutex<RecordLink?>(nil)

    /// Creates the module; nothing is connected yet.
    public init(configuration: ModuleConfiguration) throws {
        context = configuration.context
        var takes: RecordKinds = []
        if try configuration.bool("graphite.data") == true { takes.insert(.samples) }
        if try configuration.bool("graphite.alarm") == true { takes.insert(.alerts) }
        guard !takes.isEmpty else {
            throw ModuleConfigurationError("graphite.data", "neither this nor graphite.alarm is on: nothing is sent")
        }
        self.takes = takes
        let address = try configuration.required("graphite.address", configuration.text("graphite.address"))
        do throws(SocketTarget.Problem) {
            target = try SocketTarget(address, protocols: ["tcp", "tcp4", "tcp6", "udp", "udp4", "udp6"])
        } catch {
            throw ModuleConfigurationError("graphite.address", error.message)
        }
        let text = try configuration.required("graphite.template", configuration.text("graphite.template"))
        let template: GraphiteTemplate
        do throws(GraphiteTemplate.Problem) {
            template = try GraphiteTemplate(text)
        } catch {
            throw ModuleConfigurationError("graphite.template", error.message)
        }
        format = GraphiteFormat(
            prefix: try configuration.text("graphite.prefix") ?? "",
            template: template,
            isTagged: try configuration.bool("graphite.tags") ?? false
        )
        timeout = try configuration.required("graphite.timeout", configuration.duration("graphite.timeout"))
    }

    /// Prepares the connection, which is made when there is something to send.
    public func start(series: String) async throws {
        let made = RecordLink(target: target, timeout: timeout, network: try context.requiredNetwork())
        link.withLock { $0 = made }
    }

    /// Sends samples.
    public func write(time: Int64, samples: [Sample]) async throws -> Delivery {
        var lines = LineBatch()
        var places: [Int] = []
        var rejected: [Int: String] = [:]
        for (place, sample) in samples.enumerated() {
            do throws(GraphiteFormat.Problem) {
                lines.append(try format.line(sample))
                places.append(place)
            } catch {
                rejected[place] = error.message
            }
        }
        let answer = try await send(lines)
        return Delivery(count: samples.count, rejected: rejected, sent: places, answer)
    }

    /// Sends news of an alert.
    public func warn(time: Int64, alert: Alert) async throws -> DeliveryOutcome {
        var lines = LineBatch()
        do throws(GraphiteFormat.Problem) {
            lines.append(try format.line(alert, time: time))
        } catch {
            return .rejected(reason: error.message)
        }
        return try await send(lines)[0]
    }

    /// Closes the connection.
    public func close() async throws {
        let link = link.withLock { $0.take() }
        link?.close()
    }

    private func send(_ lines: LineBatch) async throws -> Delivery {
        guard let link = link.withLock({ $0 }) else {
            throw ModuleIOError(
                operation: "send to",
                target: "\(target.endpoint)",
                message: "the module is not started"
            )
        }
        return try await link.send(lines)
    }
}
