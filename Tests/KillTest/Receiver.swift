import Foundation
import Synchronization
import TestSupport

/// An HTTP server that fails in every way, and remembers what it has taken.
final class Receiver: Sendable {
    /// What was taken by one module's URL.
    struct Taken: Sendable {
        var samples: Set<Int> = []
        var alerts: Set<Child.News> = []
        /// How many of the samples were taken once more.
        var repeated = 0
        /// How many news of alerts were taken, those that were taken before included.
        var alertCount = 0
    }

    /// What it does with a request.
    enum Mode: String, CaseIterable, Sendable {
        case accept, accepted, taken
        case resetHalfWay, badRequest, unauthorized, tooLarge, tooMany, broken, hang, takeAndDie, refuse
    }

    private struct State {
        var random: SeededGenerator
        var taken: [String: Taken] = [:]
        var modes: [Mode: Int] = [:]
        var behaviour = Behaviour.failing
        var closedUntil: Date?
        var isStopped = false
    }

    /// How it behaves.
    enum Behaviour: Sendable {
        /// In every way, now and then.
        case failing
        /// Everything is an error.
        case down
        /// It takes what it can.
        case well
    }

    /// Every sample whose number is divisible by this is bad for ever.
    static let bad = 101

    let port: Int
    var url: String { "http://127.0.0.1:\(port)" }
    private let state: Mutex<State>

    init(seed: UInt64) throws {
        state = Mutex(State(random: SeededGenerator(seed: seed)))
        port = try FreePort.next()
        let listener = try Self.listen(port)
        Thread.detachNewThread { self.accept(listener) }
    }

    func behave(_ behaviour: Behaviour) { state.withLock { $0.behaviour = behaviour } }
    func taken(_ module: String) -> Taken { state.withLock { $0.taken[module] ?? Taken() } }
    /// How often it did what.
    var modes: [Mode: Int] { state.withLock { $0.modes } }
    func stop() { state.withLock { $0.isStopped = true } }

    // MARK: - Connections

    private static func listen(_ port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard descriptor >= 0, bound == 0, Foundation.listen(descriptor, 128) == 0 else {
            close(descriptor)
            throw TestSupportError("cannot listen on \(port): \(String(cString: strerror(errno)))")
        }
        return descriptor
    }

    private func accept(_ first: Int32) {
        var listener = first
        while true {
            let (isStopped, closedUntil) = state.withLock { ($0.isStopped, $0.closedUntil) }
            if isStopped {
                close(listener)
                return
            }
            if let closedUntil {
                close(listener)
                Thread.sleep(until: closedUntil)
                state.withLock { $0.closedUntil = nil }
                guard let again = try? Self.listen(port) else { return say("the receiver cannot listen again") }
                listener = again
            }
            var poll = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            guard Foundation.poll(&poll, 1, 20) > 0 else { continue }
            let connection = Foundation.accept(listener, nil, nil)
            guard connection >= 0 else { continue }
            Thread.detachNewThread { self.serve(connection) }
        }
    }

    private func serve(_ connection: Int32) {
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var buffer: [UInt8] = []
        while let (head, length) = readHead(connection, &buffer) {
            let mode = chooseMode(size: length)
            if mode == .resetHalfWay {
                _ = readBody(connection, &buffer, length / 2)
                return Self.reset(connection)
            }
            guard let body = readBody(connection, &buffer, length) else { break }
            let module = head.split(separator: " ").dropFirst().first.map { String($0.dropFirst()) } ?? ""
            guard answer(connection, mode, module, String(decoding: body, as: UTF8.self)) else { return }
        }
        close(connection)
    }

    /// Reads up to the end of the header, and returns it with the length of the body.
    private func readHead(_ connection: Int32, _ buffer: inout [UInt8]) -> (String, Int)? {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let range = buffer.firstRange(of: end) {
                let head = String(decoding: buffer[..<range.lowerBound], as: UTF8.self)
                buffer.removeFirst(range.upperBound)
                let field = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                let length = field.flatMap { Int($0.dropFirst("content-length:".count).filter(\.isNumber)) } ?? 0
                return (head, length)
            }
            guard fill(connection, &buffer) else { return nil }
        }
    }

    private func readBody(_ connection: Int32, _ buffer: inout [UInt8], _ length: Int) -> [UInt8]? {
        while buffer.count < length { guard fill(connection, &buffer) else { return nil } }
        let body = Array(buffer[..<length])
        buffer.removeFirst(length)
        return body
    }

    private func fill(_ connection: Int32, _ buffer: inout [UInt8]) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(connection, &chunk, chunk.count, 0)
        guard count > 0 else { return false }
        buffer += chunk[..<count]
        return true
    }

    private static func reset(_ connection: Int32) {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(connection, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close(connection)
    }

    // MARK: - Answers

    private func chooseMode(size: Int) -> Mode {
        state.withLock { state in
            let mode: Mode
            switch state.behaviour {
            case .failing:
                // After each failure the agent waits for a second: it would hardly come to anything.
                let isWell = Int.random(in: 0..<5, using: &state.random) < 3
                mode = isWell ? .accept : Mode.allCases.randomElement(using: &state.random) ?? .accept
            case .down: mode = .broken
            case .well: mode = .accept
            }
            state.modes[mode, default: 0] += 1
            return mode
        }
    }

    /// Answers a request; false if the connection is gone.
    private func answer(_ connection: Int32, _ mode: Mode, _ module: String, _ body: String) -> Bool {
        switch mode {
        case .accept, .accepted, .taken: return send(connection, takeAll(module, body) ? 200 : 400)
        case .resetHalfWay: return false
        case .badRequest: return send(connection, 400)
        case .unauthorized: return send(connection, 401)
        case .tooLarge:
            let isLarge = Self.samples(in: body).count > 5
            return send(connection, isLarge ? 413 : takeAll(module, body) ? 204 : 400)
        case .tooMany: return send(connection, 429, "Retry-After: \(state.withLock { $0.random.next() % 3 })\r\n")
        case .broken: return send(connection, 500)
        case .hang:
            Thread.sleep(forTimeInterval: 1)
            close(connection)
            return false
        case .takeAndDie:
            _ = takeAll(module, body)
            Self.reset(connection)
            return false
        case .refuse:
            state.withLock { $0.closedUntil = Date(timeIntervalSinceNow: 0.1) }
            Self.reset(connection)
            return false
        }
    }

    /// Takes all records of a request, or none if one of them is bad.
    private func takeAll(_ module: String, _ body: String) -> Bool {
        let alerts = Self.alerts(in: body)
        let samples = alerts.isEmpty ? Self.samples(in: body) : []
        guard samples.allSatisfy({ $0 % Self.bad != 0 }) else { return false }
        state.withLock { state in
            for sample in samples {
                if !state.taken[module, default: Taken()].samples.insert(sample).inserted {
                    state.taken[module]?.repeated += 1
                }
            }
            state.taken[module, default: Taken()].alerts.formUnion(alerts)
            state.taken[module]?.alertCount += alerts.count
        }
        return true
    }

    private func send(_ connection: Int32, _ status: Int, _ header: String = "") -> Bool {
        let bytes = Array("HTTP/1.1 \(status) Status\r\n\(header)Content-Length: 0\r\n\r\n".utf8)
        let sent = bytes.withUnsafeBytes { Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if sent == bytes.count { return true }
        close(connection)
        return false
    }

    /// The numbers of the samples in a request or in a file of refused records.
    static func samples(in body: String) -> [Int] {
        texts(in: body, after: "\"value\":") { $0.isNumber }.compactMap { Int($0) }.map { $0 % NumberedKind.jump }
    }

    /// The alerts in a request or in a file of refused records.
    static func alerts(in body: String) -> [Child.News] {
        let ids = texts(in: body, after: "\"id\":\"") { $0 != "\"" }
        let states = texts(in: body, after: "\"state\":\"") { $0 != "\"" }
        return zip(ids, states).map { Child.News(id: $0, state: $1) }
    }

    private static func texts(in body: String, after mark: String, while isPart: (Character) -> Bool) -> [String] {
        var found: [String] = []
        var rest = Substring(body)
        while let range = rest.firstRange(of: mark) {
            rest = rest[range.upperBound...]
            found.append(String(rest.prefix(while: isPart)))
        }
        return found
    }
}
