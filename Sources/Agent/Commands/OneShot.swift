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

    /// Asks every source once.
    ///
    /// - Returns: Each source's services, or why it failed.
    func poll() async -> [(catalog: SourceCatalog, result: Result<[MatchedService], any Error>)] {
        var results: [(SourceCatalog, Result<[MatchedService], any Error>)] = []
        for catalog in catalogs {
            do { results.append((catalog, .success(try await catalog.poll()))) } catch {
                results.append((catalog, .failure(error)))
            }
        }
        return results
    }
}
