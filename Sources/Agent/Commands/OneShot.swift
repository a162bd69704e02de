import Discovery
import Foundation
import Logging
import Settings

/// What commands share that look once and end: everything is read, nothing is served, nothing is written but the
/// installation's key.
struct OneShot: Sendable {
    let configuration: AgentConfiguration
    let kinds: BuiltInKinds
    let catalogs: [SourceCatalog]
    let logger: Logger

    /// - Throws: `SettingsError` with everything that is wrong.
    init(configurationFile: String) throws {
        // What goes wrong is part of the result; the log would say it again.
        logger = Logger(label: "muster") { _ in SwiftLogNoOpLogHandler() }
        kinds = try BuiltInKinds()
        configuration = try AgentConfiguration.read(file: configurationFile, kinds: kinds.kinds)
        let directory = configuration.state.directory
        try? FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        // Somebody who may not read the key still may look; the hashes are others then.
        let key = (try? InstallationKey.load(directory: directory).key) ?? InstallationKey()
        let matcher = try ServiceMatcher(
            templates: configuration.templates.map(\.template),
            key: key,
            environment: ProcessInfo.processInfo.environment,
            directory: Paths.directory(of: configuration.file)
        )
        catalogs = configuration.discovery.sources.map { [logger] in
            SourceCatalog(source: $0.makeSource(), matcher: matcher, logger: logger)
        }
    }

    /// Asks every source once, all at the same time.
    ///
    /// - Returns: Each source's services, or why it failed, in the order of the configuration.
    func poll() async -> [(catalog: SourceCatalog, result: Result<[MatchedService], any Error>)] {
        await withTaskGroup(of: (Int, Result<[MatchedService], any Error>).self) { group in
            for (index, catalog) in catalogs.enumerated() {
                group.addTask { (index, await poll(catalog)) }
            }
            return await group.reduce(into: []) { $0.append($1) }
                .sorted { $0.0 < $1.0 }
                .map { (catalogs[$0.0], $0.1) }
        }
    }

    /// Asks a source within the configured time; sources come back soon when they are cancelled.
    private func poll(_ catalog: SourceCatalog) async -> Result<[MatchedService], any Error> {
        let timeout = configuration.discovery.timeout
        return await withTaskGroup(of: Result<[MatchedService], any Error>.self) { group in
            group.addTask {
                do { return .success(try await catalog.poll()) } catch { return .failure(error) }
            }
            group.addTask {
                try? await Task.sleep(for: timeout)
                return .failure(AgentError(.source, "no answer within \(DurationText.format(timeout))"))
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(CancellationError())
        }
    }
}
