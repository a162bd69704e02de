import Delivery
import ExporterKit
import ExportingModules
import Logging
import Settings
import Transport

/// Makes the modules of a configuration, each with its queue.
struct ModuleEntries {
    /// The kinds of module that there are.
    var catalogue: ModuleCatalogue
    /// What modules send with.
    var network: NetworkServices
    /// The folder that queues are in.
    var directory: String
    /// What time it is.
    var time: TimeSource
    /// Where queues say what happens to them.
    var logger: Logger

    /// The entries in the order of the configuration. It blocks while the disk is asked.
    ///
    /// - Throws: ``AgentError``, `QueueError` or `ModuleConfigurationError`, whatever keeps a module from being made.
    func make(_ modules: [ModuleEntryConfiguration]) throws -> [ModuleEntry] {
        guard !modules.isEmpty else { return [] }
        try Folder.make(directory)
        return try modules.map { module in
            ModuleEntry(
                name: module.name,
                module: try module.makeModule(catalogue, network: network),
                filter: module.filter.sampleFilter,
                queue: try queue(of: module),
                settings: RunnerSettings(
                    callTimeout: try module.callTimeout(catalogue),
                    isDurable: module.queue.isOnDisk,
                    holdsBack: module.queue.settings.policy == .block
                )
            )
        }
    }

    private func queue(of module: ModuleEntryConfiguration) throws -> any RecordQueue {
        let deadLetters = "\(directory)/\(module.name).rejected.jsonl"
        let time = time
        let now: @Sendable () -> Int64 = { time.wallTime.wholeMilliseconds }
        var logger = logger
        logger[metadataKey: "module"] = "\(module.name)"
        let log = { @Sendable [logger] event in Self.log(event, to: logger) }
        guard module.queue.isOnDisk else {
            return MemoryQueue(deadLetters: deadLetters, settings: module.queue.settings, now: now, onEvent: log)
        }
        return try DiskQueue(
            file: "\(directory)/\(module.name).db",
            deadLetters: deadLetters,
            settings: module.queue.settings,
            now: now,
            onEvent: log
        )
    }

    private static func log(_ event: QueueEvent, to logger: Logger) {
        switch event {
        case .replaced(let file, let aside, let reason):
            logger.error(
                "The queue was damaged; it is put aside and begun anew",
                metadata: ["file": "\(file)", "aside": "\(aside)", "error": "\(reason)"]
            )
        case .corruptSamples(_, let count, let reason):
            logger.error("Damaged samples were dropped", metadata: ["count": "\(count)", "error": "\(reason)"])
        case .corruptAlert(_, let reason):
            logger.error("Damaged news of an alert was dropped", metadata: ["error": "\(reason)"])
        case .recounted(let missing, let surplus):
            logger.error(
                "The queue does not hold what it counted; the difference is counted now",
                metadata: ["missing": "\(missing)", "surplus": "\(surplus)"]
            )
        case .diskFull(let reason):
            logger.error("The disk is full; the queue takes nothing", metadata: ["error": "\(reason)"])
        case .diskHasSpace:
            logger.info("The disk has space; the queue takes samples again")
        case .discardedDeadLetters(let count):
            logger.warning("The older dead letters were discarded for space", metadata: ["count": "\(count)"])
        }
    }
}
