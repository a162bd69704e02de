import ExportingModules
import Exposition
import Foundation
import Glibc

/// Records for tests.
enum Records {
    static let sample = Sample(
        name: "pg_up",
        service: "orders-db",
        labels: ["host": "10.0.0.5", "q": "a\"b\\c\nd"],
        kind: .gauge,
        value: 1.5,
        timestamp: 1_790_000_000_123
    )

    static func samples(_ count: Int, from first: Int = 0) -> [Sample] {
        (first..<(first + count)).map { Sample(name: "m", value: Double($0), timestamp: Int64($0) * 1000) }
    }

    static let alert = Alert(
        id: "17-up-00ff",
        state: .firing,
        status: .up,
        stat: "connections",
        service: "orders-db",
        labels: ["db": "orders"],
        value: 90,
        probability: 3e-7,
        threshold: 60.5,
        drift: 50,
        start: 1_790_000_000_000
    )
}

/// A folder that is removed at the end.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "muster-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    var names: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? []
    }

    func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: "\(path)/\(name)")), as: UTF8.self)
    }

    func lines(_ name: String) throws -> [String] {
        try text(name).split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
}

/// A pipe; what is written to it can be read without blocking.
final class TestPipe: @unchecked Sendable {
    // Used by one test, one call at a time.
    private(set) var reader: Int32
    private(set) var writer: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
        reader = ends[0]
        writer = ends[1]
        _ = fcntl(reader, F_SETFL, O_NONBLOCK)
    }

    deinit {
        closeReader()
        if writer >= 0 { close(writer) }
    }

    func closeReader() {
        if reader >= 0 { close(reader) }
        reader = -1
    }

    func readAll() -> String {
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(reader, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: result, as: UTF8.self) }
            result += buffer[..<count]
        }
    }
}
