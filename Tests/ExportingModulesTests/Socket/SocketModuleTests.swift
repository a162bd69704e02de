import Foundation
import Glibc
import TestSupport
import Testing
import Transport

@testable import ExportingModules

@Suite("The socket module", .timeLimit(.minutes(2)))
struct SocketModuleTests {
    private let network: NetworkServices
    private let folder: ExportingModulesTests.TemporaryFolder

    init() throws {
        network = try NetworkServices()
        try network.start()
        folder = try TemporaryFolder()
    }

    @Test("Samples arrive as JSON lines with the tag, over every kind of stream", arguments: ["tcp", "tcp6", "unix"])
    func streams(kind: String) async throws {
        let receiver = try TestReceiver(self.kind(kind))
        let module = try make(["socket.data": .text(receiver.url), "socket.tag": .text("left \"wing\"")])
        try await module.start(series: "run-7")
        let samples = [Records.sample] + Records.samples(100)
        #expect(try await module.write(time: 1, samples: samples) == .accepted(count: 101))
        try await waitUntil("all lines have come") { receiver.lines.count == 101 }
        let first = try object(receiver.lines[0])
        #expect(first["tag"] as? String == "left \"wing\"")
        #expect(first["series"] as? String == "run-7")
        #expect(first["name"] as? String == "pg_up")
        #expect(first["type"] as? String == "data")
        #expect((first["labels"] as? [String: String])?["q"] == "a\"b\\c\nd")
        #expect(try receiver.lines.dropFirst().map(value) == (0..<100).map(Double.init))
        try await module.close()
        await receiver.stop()
    }

    @Test("Of a host's addresses those of the family are used")
    func families() async throws {
        let receiver = try TestReceiver(.tcp)
        let module = try make(["socket.data": .text("tcp4://localhost:\(receiver.port)")])
        try await module.start(series: "")
        #expect(try await module.write(time: 0, samples: Records.samples(1)).acceptedCount == 1)
        try await module.close()
        let other = try make(["socket.data": .text("tcp6://127.0.0.1:\(receiver.port)")])
        try await other.start(series: "")
        let error = await #expect(throws: TransportError.self) {
            try await other.write(time: 0, samples: Records.samples(1))
        }
        #expect(error?.message == "\"127.0.0.1\" has no IPv6 address")
        await receiver.stop()
    }

    @Test("Each record is a datagram", arguments: ["udp", "unixgram"], ["newline", "length"])
    func datagrams(kind: String, framing: String) async throws {
        let receiver = try TestReceiver(self.kind(kind))
        let module = try make(["socket.data": .text(receiver.url), "socket.framing": .text(framing)])
        try await module.start(series: "run")
        #expect(try await module.write(time: 1, samples: Records.samples(50)) == .accepted(count: 50))
        try await waitUntil("all have come") { receiver.datagrams.count == 50 }
        let lines = receiver.datagrams.map { String(decoding: $0, as: UTF8.self) }
        #expect(lines.allSatisfy { $0.hasSuffix("\n") == (framing == "newline") })
        #expect(try lines.map(value) == (0..<50).map(Double.init))
        try await module.close()
        await receiver.stop()
    }

    @Test("Every connection begins with the header of comma-separated values")
    func csv() async throws {
        let receiver = try TestReceiver(.tcp)
        let module = try make(["socket.data": .text(receiver.url), "socket.format": .text("csv")])
        try await module.start(series: "run")
        _ = try await module.write(time: 1, samples: Records.samples(2))
        try await waitUntil("the lines have come") { receiver.lines.count == 3 }
        try await receiver.closeConnections()
        _ = try await module.write(time: 1, samples: Records.samples(1, from: 2))
        try await waitUntil("the lines have come") { receiver.lines.count == 5 }
        #expect(
            receiver.lines == [
                "time,series,service,name,labels,kind,value,tag", "0,run,,m,{},gauge,0,muster",
                "1000,run,,m,{},gauge,1,muster", "time,series,service,name,labels,kind,value,tag",
                "2000,run,,m,{},gauge,2,muster",
            ]
        )
        try await module.close()
        await receiver.stop()
    }

    @Test("With lengths each record comes after the number of its bytes")
    func lengths() async throws {
        let receiver = try TestReceiver(.tcp)
        let module = try make(["socket.data": .text(receiver.url), "socket.framing": .text("length")])
        try await module.start(series: "run")
        let samples = [Records.sample] + Records.samples(20)
        _ = try await module.write(time: 1, samples: samples)
        let expected = samples.map { LineFormat.json.line($0, series: "run", tag: "muster").dropLast() }
        let size = expected.reduce(0) { $0 + 4 + $1.utf8.count }
        try await waitUntil("all has come") { receiver.streams.first?.count == size }
        var bytes = receiver.streams[0][...]
        for line in expected {
            let length = bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            #expect(String(decoding: bytes.dropFirst(4).prefix(length), as: UTF8.self) == line)
            bytes = bytes.dropFirst(4 + length)
        }
        #expect(bytes.isEmpty)
        try await module.close()
        await receiver.stop()
    }

    @Test("Alerts go to an address of their own")
    func alerts() async throws {
        let data = try TestReceiver(.tcp)
        let alarms = try TestReceiver(.unix(path: "\(folder.path)/alarms"))
        let module = try make(["socket.data": .text(data.url), "socket.alarm": .text(alarms.url)])
        #expect(module.takes == [.samples, .alerts])
        try await module.start(series: "run")
        #expect(try await module.warn(time: 5, alert: Records.alert) == .accepted)
        try await waitUntil("it has come") { alarms.lines.count == 1 }
        let alarm = try object(alarms.lines[0])
        #expect(alarm["stat"] as? String == "connections")
        #expect(alarm["status"] as? String == "UP_ALERT")
        #expect(alarm["tag"] as? String == "muster")
        #expect(data.lines.isEmpty)
        try await module.close()
        await data.stop()
        await alarms.stop()
    }

    @Test("A reader that went away is noticed before records are sent to it", arguments: ["tcp", "unix"])
    func reconnects(kind: String) async throws {
        let receiver = try TestReceiver(self.kind(kind))
        let module = try make(["socket.data": .text(receiver.url)])
        try await module.start(series: "")
        for round in 0..<5 {
            let delivery = try await module.write(time: 0, samples: Records.samples(10, from: round * 10))
            #expect(delivery.acceptedCount == 10)
            try await waitUntil("they have come") { receiver.lines.count == round * 10 + 10 }
            try await receiver.closeConnections()
        }
        #expect(try receiver.lines.map(value) == (0..<50).map(Double.init))
        #expect(receiver.streams.count == 5)
        try await module.close()
        await receiver.stop()
    }

    @Test("Where nobody listens nothing is taken, and later it goes on", arguments: ["tcp", "udp", "unix", "unixgram"])
    func nobody(kind: String) async throws {
        let first = try TestReceiver(self.kind(kind))
        let (url, port) = (first.url, first.port)
        await first.stop()
        let module = try make(["socket.data": .text(url)])
        try await module.start(series: "")
        try await failsToWrite(module)
        try await failsToWrite(module)
        let second = try TestReceiver(self.kind(kind), port: port)
        // The news that nobody listened may come as late as this.
        try await waitUntil("it is taken") {
            try await module.write(time: 0, samples: Records.samples(3)).acceptedCount == 3
        }
        try await waitUntil("they have come") { second.lines.count + second.datagrams.count >= 3 }
        // And again, with a connection that was good before.
        await second.stop()
        try await failsToWrite(module)
        try await module.close()
    }

    @Test("What a reader threw away with the connection is sent again")
    func reset() async throws {
        let receiver = try TestReceiver(.tcp, reads: false)
        let module = try make(["socket.data": .text(receiver.url), "socket.timeout": .text("30s")])
        try await module.start(series: "")
        let task = Task { try await module.write(time: 0, samples: Records.samples(20_000)) }
        try await waitUntil("it is connected") { !receiver.streams.isEmpty }
        try await receiver.closeConnections(reset: true)
        await #expect(throws: TransportError.self) { try await task.value }
        receiver.startReading()
        #expect(try await module.write(time: 0, samples: Records.samples(20_000)).acceptedCount == 20_000)
        try await waitUntil("they have come") { receiver.lines.count == 20_000 }
        try await module.close()
        await receiver.stop()
    }

    @Test(
        "A reader that is slow gets every record whole, and none that was taken is missing",
        arguments: ["tcp", "unix"]
    )
    func slow(kind: String) async throws {
        let receiver = try TestReceiver(self.kind(kind), reads: false)
        let module = try make(["socket.data": .text(receiver.url), "socket.timeout": .text("200ms")])
        try await module.start(series: "")
        var left = Records.samples(60_000)[...]
        var calls = 0
        while !left.isEmpty {
            if calls == 1 { receiver.startReading() }
            calls += 1
            do {
                let delivery = try await module.write(time: 0, samples: Array(left))
                let taken = delivery.acceptedCount
                #expect((0..<taken).allSatisfy { delivery[$0] == .accepted })
                #expect(delivery.retryCount == left.count - taken)
                left = left.dropFirst(taken)
            } catch let error as TransportError {
                #expect(error.code == .timedOut)
            }
        }
        #expect(calls > 1)
        try await module.close()
        try await waitUntil("all have come") { Set(try receiver.lines.compactMap(value)).count == 60_000 }
        #expect(receiver.streams.count > 1)
        await receiver.stop()
    }

    @Test(
        "A record that is too large for a datagram is rejected, its neighbours are not",
        arguments: ["udp", "unixgram"]
    )
    func tooLarge(kind: String) async throws {
        let receiver = try TestReceiver(self.kind(kind))
        let module = try make(["socket.data": .text(receiver.url)])
        try await module.start(series: "")
        let huge = Sample(name: String(repeating: "n", count: 300_000), value: 1, timestamp: 0)
        let samples = Records.samples(2) + [huge] + Records.samples(2, from: 2)
        let delivery = try await module.write(time: 0, samples: samples)
        #expect(delivery.acceptedCount == 4)
        guard case .rejected(let reason) = delivery[2] else {
            Issue.record("not rejected: \(delivery[2])")
            return
        }
        #expect(reason.hasSuffix("bytes are too many for a datagram"))
        try await waitUntil("the others have come") { receiver.datagrams.count == 4 }
        try await module.close()
        await receiver.stop()
    }

    @Test("A full queue of datagrams ends the call at the deadline, with an exact answer")
    func fullQueue() async throws {
        let receiver = try TestReceiver(.unixgram(path: "\(folder.path)/gram"), reads: false)
        let module = try make(["socket.data": .text(receiver.url), "socket.timeout": .text("100ms")])
        try await module.start(series: "")
        let delivery = try await module.write(time: 0, samples: Records.samples(5000))
        let taken = delivery.acceptedCount
        #expect(taken > 0)
        #expect(delivery.retryCount == 5000 - taken)
        receiver.startReading()
        try await waitUntil("what was taken has come") { receiver.datagrams.count == taken }
        try await module.close()
        await receiver.stop()
    }

    @Test("A cancelled task stops waiting for a reader")
    func cancelled() async throws {
        let receiver = try TestReceiver(.tcp, reads: false)
        let module = try make(["socket.data": .text(receiver.url), "socket.timeout": .text("10m")])
        try await module.start(series: "")
        let task = Task { try await module.write(time: 0, samples: Records.samples(60_000)) }
        try await waitUntil("it is connected") { !receiver.streams.isEmpty }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        await receiver.stop()
    }

    @Test(
        "What is no address that is supported is refused, and what is supported is named",
        arguments: ["ip://127.0.0.1", "unixpacket:///x", "127.0.0.1:9000", "http://x:1", "tcp:/x:1", "TCP://x:1", ""]
    )
    func refuses(address: String) {
        let error = #expect(throws: ModuleConfigurationError.self) { _ = try make(["socket.data": .text(address)]) }
        #expect(error?.problems.first?.parameter == "socket.data")
        #expect(error?.problems.first?.message.contains("tcp://, tcp4://, tcp6://, udp://") == true)
    }

    @Test(
        "An address that makes no sense is refused",
        arguments: ["tcp://x", "tcp://x:0", "tcp://x:70000", "udp6://::1:5", "unix://x", "unix:///"]
    )
    func badAddress(address: String) {
        #expect(throws: ModuleConfigurationError.self) { _ = try make(["socket.alarm": .text(address)]) }
    }

    @Test("A configuration that sends nothing is refused, and a module that is not started takes nothing")
    func nothing() async throws {
        #expect(throws: ModuleConfigurationError.self) { _ = try make([:]) }
        let module = try make(["socket.data": .text("tcp://127.0.0.1:1")])
        await #expect(throws: ModuleIOError.self) { try await module.write(time: 0, samples: Records.samples(1)) }
    }

    /// Over UDP it takes the kernel a moment to say that nobody listens.
    private func failsToWrite(_ module: SocketModule) async throws {
        try await waitUntil("nothing is taken") {
            do {
                _ = try await module.write(time: 0, samples: Records.samples(3))
                return false
            } catch is TransportError {
                return true
            }
        }
    }

    private func make(_ settings: [String: ModuleValue]) throws -> SocketModule {
        let context = ModuleContext(name: "socket", network: network)
        return try SocketModule(
            configuration: ModuleConfiguration(of: SocketModule.self, settings: settings, context: context)
        )
    }

    private func kind(_ name: String) -> TestReceiver.Kind {
        switch name {
        case "tcp": .tcp
        case "tcp6": .tcp6
        case "udp": .udp
        case "unix": .unix(path: "\(folder.path)/stream")
        default: .unixgram(path: "\(folder.path)/gram")
        }
    }

    private func object(_ line: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    private func value(_ line: String) throws -> Double {
        try #require(try object(line)["value"] as? Double)
    }
}
