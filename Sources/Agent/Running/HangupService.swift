import Delivery
import Logging
import ServiceLifecycle
import UnixSignals

/// Lets modules open their files anew on SIGHUP, after `logrotate` has moved them.
struct HangupService: ServiceLifecycle.Service {
    let hub: ModuleHub
    let logger: Logger

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            logger.info("SIGHUP: files are opened anew")
            hub.reopen()
        }
    }
}
