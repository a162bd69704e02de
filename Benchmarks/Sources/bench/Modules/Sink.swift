import Dispatch
import Glibc
import Synchronization

/// A server on 127.0.0.1 in this process that reads what it is sent and forgets it. It knows what its threads have used of
/// the processor, so that it can be taken off.
final class Sink: Sendable {
    /// What it understands.
    enum Language: Sendable {
        /// Nothing: it reads.
        case none
        /// HTTP/1.1, as far as clients speak that send a length: every request is answered with 204.
        case http
    }

    /// The TCP port on 127.0.0.1.
    let port: UInt16

    private let language: Language
    private let used = Mutex(0.0)

    /// Starts one. It lives as long as the process.
    init(_ language: Language) throws {
        self.language = language
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, size) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, pointer, &size) == 0
            }
        }
        guard isBound else {
            throw BenchError("no socket can listen on 127.0.0.1: \(String(cString: strerror(errno)))")
        }
        port = UInt16(bigEndian: address.sin_port)
        let accepting = DispatchQueue(label: "sink")
        let reading = DispatchQueue(label: "sink connections", attributes: .concurrent)
        accepting.async {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { continue }
                reading.async { self.serve(connection) }
            }
        }
    }

    /// What its threads have used of the processor, in seconds.
    var cpu: Double { used.withLock { $0 } }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        var request = RequestReader()
        var last = Stopwatch.seconds(CLOCK_THREAD_CPUTIME_ID)
        while true {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { return }
            if language == .http {
                for _ in 0..<request.take(buffer[..<count]) {
                    let answer = Array("HTTP/1.1 204 No Content\r\n\r\n".utf8)
                    guard send(connection, answer, answer.count, Int32(MSG_NOSIGNAL)) == answer.count else {
                        return
                    }
                }
            }
            let now = Stopwatch.seconds(CLOCK_THREAD_CPUTIME_ID)
            used.withLock { $0 += now - last }
            last = now
        }
    }
}

/// Finds where requests with a length end.
private struct RequestReader {
    private var head: [UInt8] = []
    /// How much of the body is still to come; nil before the head has ended.
    private var missing: Int?

    /// Takes bytes, and returns how many requests have ended with them.
    mutating func take(_ bytes: ArraySlice<UInt8>) -> Int {
        var rest = bytes
        var ended = 0
        while true {
            if let length = missing {
                let count = min(length, rest.count)
                rest = rest.dropFirst(count)
                missing = length - count
                if missing != 0 { return ended }
                (missing, ended) = (nil, ended + 1)
            }
            guard let byte = rest.popFirst() else { return ended }
            head.append(byte)
            if byte == 10, head.suffix(4).elementsEqual([13, 10, 13, 10]) {
                missing = Self.length(head)
                head = []
            }
        }
    }

    private static func length(_ head: [UInt8]) -> Int {
        for line in String(decoding: head, as: UTF8.self).lowercased().split(separator: "\r\n") {
            guard line.hasPrefix("content-length:") else { continue }
            return Int(line.drop { $0 != ":" }.dropFirst().filter { $0 != " " }) ?? 0
        }
        return 0
    }
}
