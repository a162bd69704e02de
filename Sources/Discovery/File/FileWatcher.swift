import CLinux
import Foundation
import Glibc
import Synchronization

/// Watches the folders of path patterns with inotify, on a thread of its own that ends with it.
///
/// Bursts become one hint: it comes when nothing has happened for `quiet` milliseconds, but after `longest` at the
/// latest.
///
/// Not `Sendable` by itself: it is made by one thread and then handed over whole to its own.
final class FileWatcher {
    /// Ends a watcher from any thread.
    final class Stopper: Sendable {
        private let descriptor: Mutex<Int32?>

        init(_ descriptor: Int32) {
            self.descriptor = Mutex(descriptor)
        }

        /// Asks the thread to end. Harmless after it has ended.
        func stop() {
            descriptor.withLock { descriptor in
                guard let descriptor else { return }
                var one: UInt64 = 1
                _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
            }
        }

        /// Closes the descriptor under the lock, so that a late stop cannot write to a stranger that reuses its number.
        fileprivate func close() {
            descriptor.withLock { descriptor in
                if let open = descriptor { _ = Glibc.close(open) }
                descriptor = nil
            }
        }
    }

    /// Why not everything is watched; nil if everything is.
    private(set) var fault: String?
    let stopper: Stopper

    private let patterns: [PathPattern]
    private let onFault: @Sendable (String?) -> Void
    private let notify: Int32
    private let wake: Int32
    private var names: [Int32: Set<String>] = [:]
    private var plan = WatchPlan([])

    /// What the thread is called, in at most 15 letters.
    static let threadName = "muster-files"

    private static let quiet: Int64 = 50
    private static let longest: Int64 = 500
    private static let mask = UInt32(
        IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB
            | IN_ONLYDIR
    )

    /// Starts to watch: what changes after the return is seen.
    ///
    /// - Throws: ``Errno`` if the system has no more watchers or descriptors to give.
    init(patterns: [PathPattern], onFault: @escaping @Sendable (String?) -> Void) throws(Errno) {
        self.patterns = patterns
        self.onFault = onFault
        notify = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard notify >= 0 else { throw Errno(code: errno) }
        wake = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        guard wake >= 0 else {
            let code = errno
            close(notify)
            throw Errno(code: code)
        }
        stopper = Stopper(wake)
        watch()
    }

    /// Starts the thread. Must be called once: the thread closes what the watcher opened.
    func start(hint: @escaping @Sendable () -> Void, onEnd: @escaping @Sendable () -> Void) {
        // The caller keeps no reference, so the watcher belongs to the thread from here on.
        nonisolated(unsafe) let watcher = self
        Thread.detachNewThread {
            muster_set_thread_name(FileWatcher.threadName)
            watcher.run(hint)
            close(watcher.notify)
            watcher.stopper.close()
            onEnd()
        }
    }

    private func run(_ hint: () -> Void) {
        var first: Int64?
        var last: Int64 = 0
        while true {
            var timeout: Int64 = -1
            if let first {
                let now = Self.milliseconds()
                timeout = min(last + Self.quiet, first + Self.longest) - now
            }
            var descriptors = [
                pollfd(fd: notify, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
            ]
            if first == nil || timeout > 0 {
                let count = poll(&descriptors, 2, first == nil ? -1 : Int32(timeout))
                if count < 0, errno != EINTR { return }
                if count > 0, descriptors[1].revents != 0 { return }
                if count > 0, descriptors[0].revents & Int16(POLLIN) != 0, readEvents() {
                    last = Self.milliseconds()
                    first = first ?? last
                }
            }
            if let since = first {
                let now = Self.milliseconds()
                if now >= min(last + Self.quiet, since + Self.longest) {
                    first = nil
                    // Before the hint: what is new is watched before it is read.
                    let before = fault
                    watch()
                    if fault != before { onFault(fault) }
                    hint()
                }
            }
        }
    }

    /// Brings the watched folders up to date with what the patterns mean now.
    private func watch() {
        plan = WatchPlan(patterns)
        fault = plan.isCut ? "there are more than \(WatchPlan.maximumFolders) folders" : nil
        var current: [Int32: Set<String>] = [:]
        for (folder, wanted) in plan.names {
            // Adding a folder again gives the watch that it has; a folder that was replaced gets a new one.
            let watch = inotify_add_watch(notify, folder, Self.mask)
            if watch >= 0 {
                current[watch, default: []].formUnion(wanted)
            } else if errno != ENOENT, errno != ENOTDIR {
                fault = "\(folder) cannot be watched: \(Errno(code: errno))"
            }
        }
        for watch in names.keys where current[watch] == nil { inotify_rm_watch(notify, watch) }
        names = current
    }

    /// Reads what has happened.
    ///
    /// - Returns: Whether any of it matters.
    private func readEvents() -> Bool {
        var matters = false
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = read(notify, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return matters }
            buffer.withUnsafeBytes { bytes in
                var offset = 0
                while offset + 16 <= count {
                    let watch = bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)
                    let mask = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
                    let length = Int(bytes.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
                    let end = min(offset + 16 + length, count)
                    let name = bytes[(offset + 16)..<end].prefix { $0 != 0 }
                    if !matters { matters = self.matters(watch, mask, String(decoding: name, as: UTF8.self)) }
                    offset = end
                }
            }
        }
    }

    private func matters(_ watch: Int32, _ mask: UInt32, _ name: String) -> Bool {
        if mask & UInt32(IN_Q_OVERFLOW) != 0 { return true }
        // A watch that was removed meanwhile still has events in the queue.
        guard let names = names[watch] else { return false }
        if mask & UInt32(IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT) != 0 { return true }
        return names.contains { fnmatch($0, name, FNM_PERIOD) == 0 }
    }

    private static func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
