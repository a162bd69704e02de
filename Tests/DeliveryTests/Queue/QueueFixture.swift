import ExportingModules
import Exposition
import Foundation
import Synchronization
import TestSupport

@testable import Delivery

/// A folder with a queue in it, and what the queue tells.
final class QueueFixture: Sendable {
    let folder: TemporaryFolder
    private let told = Mutex<[QueueEvent]>([])
    private let clock = Mutex<Int64>(1_700_000_000_000)

    init() throws {
        folder = try TemporaryFolder()
    }

    var file: String { folder.path("queue.db") }
    var deadLetters: String { folder.path("queue.rejected.jsonl") }
    var events: [QueueEvent] { told.withLock { $0 } }
    /// The time that the queue sees.
    var now: Int64 {
        get { clock.withLock { $0 } }
        set { clock.withLock { $0 = newValue } }
    }

    func open(
        _ settings: QueueSettings = QueueSettings(),
        file: String? = nil,
        tune: (inout QueueTuning) -> Void = { _ in }
    ) throws -> DiskQueue {
        var tuning = QueueTuning(settings)
        tuning.reserveBytes = 64 * 1024
        tune(&tuning)
        return try DiskQueue(
            file: file ?? self.file,
            deadLetters: deadLetters,
            settings: settings,
            tuning: tuning,
            now: { [self] in now },
            onEvent: { [self] event in told.withLock { $0.append(event) } }
        )
    }

    /// What the files beside each other would be after `kill -9`, as the file of another queue.
    func crashCopy(_ name: String) throws -> String {
        let copy = folder.path(name)
        for suffix in ["", "-wal"] {
            try? FileManager.default.removeItem(atPath: copy + suffix)
            if FileManager.default.fileExists(atPath: file + suffix) {
                try FileManager.default.copyItem(atPath: file + suffix, toPath: copy + suffix)
            }
        }
        return copy
    }

    /// The lines of a file; none if there is no such file.
    func lines(of path: String) -> [String] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    func bytes(of path: String) -> [UInt8] { [UInt8](FileManager.default.contents(atPath: path) ?? Data()) }

    func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    /// The names in the folder.
    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted() }
}

/// Samples that can be told from each other by their values.
enum Make {
    static let family = SampleFamily(name: "test_value", kind: .gauge, help: "A value.", unit: "")

    static func samples(_ values: Range<Int>, time: Int64 = 1_000) -> [Sample] {
        values.map { value in
            Sample(
                name: "test_value",
                service: "service-\(value % 3)",
                labels: ["number": String(value), "env": "test"],
                family: family,
                value: Double(value),
                timestamp: time
            )
        }
    }

    static func batch(_ values: Range<Int>, time: Int64 = 1_000) -> SampleBatch {
        SampleBatch(time: time, samples: samples(values, time: time))
    }

    static func alert(_ number: Int, state: Alert.State = .firing) -> Alert {
        Alert(
            id: "alert-\(number)",
            state: state,
            status: .up,
            stat: "test_value",
            service: "service",
            labels: ["env": "test"],
            value: Double(number),
            probability: 0.001,
            threshold: 10,
            start: 500
        )
    }
}

extension QueuedSamples {
    /// The values, which say which samples they are.
    var values: [Int] { samples.map { Int($0.value) } }
}

extension RecordQueue {
    /// Takes everything that is there, in batches, and accepts it.
    func drain(limit: Int = 1_000) async throws -> [Int] {
        var values: [Int] = []
        while let samples = try await nextSamples(limit: limit) {
            values += samples.values
            try await settle(samples, .accepted(count: samples.samples.count))
        }
        return values
    }
}

/// The kinds of queues: what is promised holds for both.
enum QueueKind: String, CaseIterable, Sendable {
    case disk
    case memory

    func make(_ fixture: QueueFixture, _ settings: QueueSettings = QueueSettings()) throws -> any RecordQueue {
        switch self {
        case .disk: try fixture.open(settings)
        case .memory: MemoryQueue(deadLetters: fixture.deadLetters, settings: settings, now: { fixture.now })
        }
    }
}
