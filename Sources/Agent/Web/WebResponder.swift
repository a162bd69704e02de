import Exposition
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// Answers every request: a table of routes, and nothing that a request can change but what a route says.
struct WebResponder: Sendable {
    /// The longest body that is read, in bytes. No route needs one.
    private static let maximumBody = 64 * 1024

    /// What the routes show and do.
    let view: any AgentView
    let logger: Logger
    /// How long a client may take to send a body.
    let bodyTimeout: TimeAmount

    /// The answer to a request.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - channel: The connection that it came over.
    func respond(to request: Request, from channel: any Channel) async -> Response {
        var response: Response
        do {
            response = try await self.response(to: request, channel)
        } catch {
            logger.warning("A request could not be answered", metadata: ["error": "\(error)"])
            response = .text("500 internal server error\n", status: .internalServerError)
        }
        response.headers[.date] = HTTPDate.now
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func response(to request: Request, _ channel: any Channel) async throws -> Response {
        if let refusal = await discardBody(of: request, channel) { return refusal }
        guard let route = Route(path: request.uri.path) else {
            return .text("404 not found\n", status: .notFound)
        }
        guard route.methods.contains(request.method == .head ? .get : request.method) else {
            let allowed = route.methods.flatMap { $0 == .get ? ["GET", "HEAD"] : [$0.rawValue] }
            var response = Response.text("405 method not allowed\n", status: .methodNotAllowed)
            response.headers[.allow] = allowed.joined(separator: ", ")
            return response
        }
        if request.method == .post, !request.isSameOrigin {
            return .text("403 a page of another site may not do this\n", status: .forbidden)
        }
        return try await answer(route, request)
    }

    /// Reads a body that nobody needs, so that the connection can be used again; a client that sends too much of it or
    /// takes too long is disconnected.
    private func discardBody(of request: Request, _ channel: any Channel) async -> Response? {
        let length = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        guard length != 0 || request.headers[.transferEncoding] != nil else { return nil }
        var count = length
        if length <= Self.maximumBody {
            count = 0
            let deadline = channel.eventLoop.scheduleTask(in: bodyTimeout) { channel.close(promise: nil) }
            defer { deadline.cancel() }
            do {
                for try await piece in request.body {
                    count += piece.readableBytes
                    guard count <= Self.maximumBody else { break }
                }
            } catch {
                logger.debug("A body was not sent whole", metadata: ["error": "\(error)"])
            }
        }
        guard count > Self.maximumBody else { return nil }
        // Leaves a moment for the answer to arrive.
        channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
        return .text("413 no route takes a body\n", status: .contentTooLarge)
    }

    private func answer(_ route: Route, _ request: Request) async throws -> Response {
        switch route {
        case .home:
            return .html(HomePage(report: view.report()).render())
        case .metrics:
            return metrics(request)
        case .services:
            return try .json(ServicesAnswer(view.report(), filter: ServiceFilter(request.uri)))
        case .sources:
            return try .json(SourcesAnswer(sources: view.report().sources))
        case .history:
            let limit = request.uri.queryParameters["limit"].flatMap { Int($0) } ?? 100
            let service = request.uri.queryParameters["service"].map(String.init)
            return try .json(
                HistoryAnswer(events: await view.history(limit: min(max(limit, 1), 1000), service: service))
            )
        case .modules:
            return try .json(ModulesAnswer(modules: view.report().modules))
        case .alerts:
            let limit = request.uri.queryParameters["limit"].flatMap { Int($0) } ?? 100
            return try .json(
                AlertsAnswer(
                    firing: view.report().alerts,
                    resolved: view.endedAlerts(limit: min(max(limit, 0), 1000))
                )
            )
        case .healthy:
            return .text("Muster is healthy.\n")
        case .ready:
            guard view.isReady else {
                return .text("Muster is not ready: not every source has been asked.\n", status: .serviceUnavailable)
            }
            return .text("Muster is ready.\n")
        case .confirmRemovals:
            let count = view.confirmRemovals()
            return .text("confirmed: \(count) held \(count == 1 ? "service is" : "services are") let go\n")
        case .refresh:
            view.refresh()
            return .text("every source is asked now\n", status: .accepted)
        }
    }

    private func metrics(_ request: Request) -> Response {
        let format = ExpositionFormat.negotiate(accept: request.headers[.accept])
        let encoding = ContentEncoding.negotiate(acceptEncoding: request.headers[.acceptEncoding])
        let page = view.page(filter: ServiceFilter(request.uri))
        var headers = HTTPFields()
        headers[.contentType] = format.contentType
        headers[.vary] = "Accept, Accept-Encoding"
        headers[.cacheControl] = "no-store"
        if encoding != .identity { headers[.contentEncoding] = encoding.rawValue }
        let logger = logger
        return Response(
            status: .ok,
            headers: headers,
            body: ResponseBody { writer in
                let stream = PageStream(page: page, format: format, encoding: encoding)
                do {
                    try await stream.write(to: &writer)
                } catch {
                    logger.debug("A page was not sent whole", metadata: ["error": "\(error)"])
                    throw error
                }
            }
        )
    }
}
