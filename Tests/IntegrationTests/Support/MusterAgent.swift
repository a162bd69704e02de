import Foundation
import TestSupport

/// `muster run` in a process of its own, on a free port, with a configuration and a state folder of its own.
final class MusterAgent: Sendable {
    let folder: TemporaryFolder
    let port: Int
    let server: ServerProcess

    /// `http://127.0.0.1:port`.
    var url: String { "http://127.0.0.1:\(port)" }

    /// Starts the agent on a folder that holds `config/muster.yaml`.
    static func start(in folder: TemporaryFolder, environment: [String: String] = [:]) async throws -> MusterAgent {
        let port = try FreePort.next()
        let server = try await ServerProcess.start(
            [
                MusterProgram.path(), "run", "--config", folder.path("config/muster.yaml"),
                "--listen", "127.0.0.1:\(port)", "--state-dir", folder.path("state"),
            ],
            environment: environment,
            log: folder.path("log")
        ) {
            try await HTTP.get("http://127.0.0.1:\(port)/-/ready").status == 200
        }
        return MusterAgent(folder: folder, port: port, server: server)
    }

    /// Starts the agent on the files that the package ships.
    static func startDefault() async throws -> MusterAgent {
        let folder = try TemporaryFolder()
        for name in ["config", "queries"] {
            try await Command.output(["cp", "-rL", "\(MusterProgram.root)/\(name)", folder.path])
        }
        return try await start(in: folder)
    }

    /// Starts the agent on a configuration and a list of services.
    static func start(
        configuration: String,
        services: String,
        files: [String: String] = [:],
        environment: [String: String] = [:]
    ) async throws -> MusterAgent {
        let folder = try TemporaryFolder()
        try folder.makeFolder("config")
        for (name, text) in files { try folder.write(text, to: "config/\(name)") }
        try folder.write(services, to: "config/services.yaml")
        try folder.write(configuration, to: "config/muster.yaml")
        return try await start(in: folder, environment: environment)
    }

    private init(folder: TemporaryFolder, port: Int, server: ServerProcess) {
        self.folder = folder
        self.port = port
        self.server = server
    }

    deinit { server.kill() }

    /// Replaces a file beside the configuration.
    func write(_ text: String, to name: String) throws {
        try folder.write(text, to: "config/\(name)")
    }

    /// Gets a path.
    func get(_ path: String, headers: [String: String] = [:]) async throws -> HTTPResponse {
        try await HTTP.get(url + path, headers: headers)
    }

    /// The page, checked.
    func page(_ query: String = "") async throws -> Page {
        let response = try await get("/metrics" + query)
        guard response.status == 200 else { throw TestSupportError("/metrics gives \(response.status)") }
        return try Page(response.body)
    }

    /// What `/api/v1/services` says.
    func services() async throws -> [ServiceAnswer] {
        try await decode(ServicesAnswer.self, from: "/api/v1/services").services
    }

    /// What `/api/v1/services` says of one service.
    func service(_ name: String) async throws -> ServiceAnswer {
        guard let service = try await services().first(where: { $0.name == name }) else {
            throw TestSupportError("there is no service \(name)")
        }
        return service
    }

    /// What `/api/v1/sources` says of the only source.
    func source() async throws -> SourceAnswer {
        guard let source = try await decode(SourcesAnswer.self, from: "/api/v1/sources").sources.first else {
            throw TestSupportError("there is no source")
        }
        return source
    }

    /// The whole log.
    func log() throws -> String { try TextFile.read(server.log) }

    private func decode<Answer: Decodable>(_ type: Answer.Type, from path: String) async throws -> Answer {
        let response = try await get(path)
        guard response.status == 200 else { throw TestSupportError("\(path) gives \(response.status)") }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(response.body))
    }
}
