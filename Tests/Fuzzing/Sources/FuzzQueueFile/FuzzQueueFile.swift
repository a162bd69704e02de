import Dispatch
import ExportingModules
import FuzzSupport
import Glibc

@testable import Delivery

/// Any bytes are opened as the file of a queue, or refused: it does not crash, and its sums are exact.
@main
struct FuzzQueueFile {
    /// In memory: there is nothing to be learned from a disk.
    private static let folder = "/dev/shm/muster-fuzz-\(getpid())"
    private static let file = "\(folder)/queue.db"

    static func main() {
        guard mkdir(folder, 0o700) == 0 else { return perror(folder) }
        atexit {
            FuzzQueueFile.removeFiles()
            rmdir(FuzzQueueFile.folder)
        }
        Fuzzer.run { input in
            removeFiles()
            let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
            Fuzzer.require(write(descriptor, input, input.count) == input.count, "there is no space for the input")
            close(descriptor)
            let done = DispatchSemaphore(value: 0)
            Task {
                await use()
                done.signal()
            }
            done.wait()
        }
    }

    private static func removeFiles() {
        for suffix in ["", "-wal", ".reserve", ".rejected", ".damaged-1", ".damaged-1-wal"] { unlink(file + suffix) }
    }

    private static func use() async {
        do {
            let settings = QueueSettings(maximumBytes: 1 << 20, maximumAge: .seconds(1))
            let queue = try DiskQueue(file: file, deadLetters: file + ".rejected", settings: settings, now: { 1 })
            check(queue, "after opening")
            let sample = Sample(name: "x", value: 1, timestamp: 1)
            _ = try await queue.append([SampleBatch(time: 1, samples: [sample])])
            _ = try await queue.expire(now: 100_000)
            check(queue, "after appending")
            while let samples = try await queue.nextSamples(limit: 100) {
                try await queue.settle(samples, .accepted(count: samples.samples.count))
            }
            while let alert = try await queue.nextAlert() { try await queue.settle(alert, .accepted) }
            check(queue, "at the end")
            Fuzzer.require(queue.counts().samples.backlog == 0, "samples are left that are not handed out")
            await queue.close()
        } catch {
            // A database of something else, or one that cannot be used.
        }
    }

    private static func check(_ queue: DiskQueue, _ when: String) {
        let counts = queue.counts()
        Fuzzer.require(counts.samples.isBalanced, "\(when): \(counts.samples)")
        Fuzzer.require(counts.alerts.isBalanced, "\(when): \(counts.alerts)")
    }
}
