import ExportingModules
import Settings
import Synchronization
import TestSupport
import Transport

/// Answers requests as a test says, without a network.
final class HTTPScript: Sendable {
    typealias Request = Transport.HTTPRequest
    typealias Response = Transport.HTTPResponse

    private let answer: @Sendable (Request) async throws -> Response
    private let sent = Mutex<[Request]>([])

    init(_ answer: @escaping @Sendable (Request) async throws -> Response) {
        self.answer = answer
    }

    convenience init(_ status: Int, headers: [HTTPHeader] = [], text: String = "") {
        self.init { _ in Self.response(status, headers: headers, text: text) }
    }

    /// What was sent so far.
    var requests: [Request] { sent.withLock { $0 } }

    func waitForRequests(_ count: Int) async throws {
        try await waitUntil("\(count) requests were sent") { requests.count >= count }
    }

    /// What a module sends its requests with.
    var execute: @Sendable (Request) async throws -> Response {
        { [self] request in
            sent.withLock { $0.append(request) }
            return try await answer(request)
        }
    }

    static func response(_ status: Int, headers: [HTTPHeader] = [], text: String = "") -> Response {
        Response(status: status, headers: HTTPHeaders(headers), body: Array(text.utf8))
    }
}

/// A clock on the wall that a test sets, in milliseconds since 1970.
final class WallTime: Sendable {
    private let time: Mutex<Int64>

    init(_ time: Int64) {
        self.time = Mutex(time)
    }

    var now: Int64 {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
    }
}

extension Transport.HTTPRequest {
    var text: String { String(decoding: body, as: UTF8.self) }

    func header(_ name: String) -> String? { HTTPHeaders(headers).first(name) }
}

/// A checked configuration of a module.
func configuration(
    of module: any ExportingModule.Type,
    _ settings: [String: ModuleValue],
    environment: [String: String] = [:],
    directory: String = ".",
    agent: String = "agent-1",
    network: NetworkServices? = nil
) throws -> ModuleConfiguration {
    let context = ModuleContext(
        name: module.name,
        agent: agent,
        directory: directory,
        environment: environment,
        network: network
    )
    return try ModuleConfiguration(of: module, settings: settings, context: context)
}
