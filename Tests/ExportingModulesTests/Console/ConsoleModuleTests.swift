import Foundation
import Testing

@testable import ExportingModules

@Suite("The console module")
struct ConsoleModuleTests {
    @Test("It prints samples and alerts as they are configured")
    func prints() async throws {
        let pipe = try TestPipe()
        let module = try make(pipe, ["console.data": .bool(true), "console.format": .text("json")])
        try await module.start(series: "run-7")
        #expect(try await module.write(time: 1, samples: [Records.sample]) == .accepted(count: 1))
        #expect(try await module.warn(time: 2, alert: Records.alert) == .accepted)
        try await module.close()
        let lines = pipe.readAll().split(separator: "\n").map(String.init)
        #expect(lines.count == 2)
        for line in lines {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(object["series"] as? String == "run-7")
        }
    }

    @Test("By default it prints alerts as text")
    func defaults() async throws {
        let pipe = try TestPipe()
        let module = try make(pipe, [:])
        #expect(module.takes == .alerts)
        try await module.start(series: "")
        _ = try await module.warn(time: 1_790_000_000_000, alert: Records.alert)
        #expect(pipe.readAll().hasPrefix("2026-09-21T14:13:20.000Z [orders-db] UP_ALERT firing connections"))
    }

    @Test("A configuration that prints nothing is refused")
    func nothing() {
        let error = #expect(throws: ModuleConfigurationError.self) {
            _ = try ModuleCatalogue.standard.make("console", settings: ["console.alarm": .bool(false)])
        }
        #expect(error?.problems.first?.parameter == "console.alarm")
    }

    @Test("A reader that is slow gets every line whole and once")
    func slowReader() async throws {
        let pipe = try TestPipe()
        let module = try make(pipe, ["console.data": .bool(true), "console.timeout": .duration(.milliseconds(20))])
        try await module.start(series: "")
        let samples = Records.samples(10_000)
        var left = samples[...]
        var text = ""
        var cuts = 0
        while !left.isEmpty {
            do {
                let delivery = try await module.write(time: 0, samples: Array(left))
                // What is not taken is the end of the batch.
                let taken = delivery.acceptedCount
                #expect((0..<taken).allSatisfy { delivery[$0] == .accepted })
                #expect(delivery.retryCount == left.count - taken)
                left = left.dropFirst(taken)
                if taken < delivery.count { cuts += 1 }
            } catch let error as ModuleIOError {
                #expect(error.code == ETIMEDOUT)
            }
            text += pipe.readAll()
        }
        try await module.close()
        text += pipe.readAll()
        #expect(cuts > 1)
        let expected = samples.map { LineFormat.text.line($0, series: "") }.joined()
        #expect(text == expected)
    }

    @Test("A reader that is gone is an error, not the end of the process")
    func brokenPipe() async throws {
        let pipe = try TestPipe()
        let module = try make(pipe, ["console.data": .bool(true)])
        try await module.start(series: "")
        pipe.closeReader()
        for _ in 0..<3 {
            let error = await #expect(throws: ModuleIOError.self) {
                try await module.write(time: 0, samples: Records.samples(3))
            }
            #expect(error?.code == EPIPE)
            #expect(error?.target == "pipe")
        }
    }

    private func make(_ pipe: TestPipe, _ settings: [String: ModuleValue]) throws -> ConsoleModule {
        let configuration = try ModuleConfiguration(of: ConsoleModule.self, settings: settings)
        return try ConsoleModule(configuration: configuration, descriptor: pipe.writer, target: "pipe")
    }
}
