import Delivery
import Settings

/// Where the records of a module wait, and how many may.
struct QueueConfiguration: Sendable {
    /// Whether they wait in a file, and so survive the agent's end.
    var isOnDisk: Bool
    /// How many may wait, and what becomes of those beyond.
    var settings: QueueSettings

    /// - Parameters:
    ///   - reader: The block; nil for the defaults.
    ///   - isOnDisk: What holds if it does not say where.
    init(_ reader: MappingReader?, isOnDisk: Bool) {
        self.isOnDisk = isOnDisk
        settings = QueueSettings()
        if let isChosen = reader?.choice("type", of: ["disk": true, "memory": false]) { self.isOnDisk = isChosen }
        // Memory holds less than a disk.
        if !self.isOnDisk { settings.maximumBytes = min(settings.maximumBytes, 64 << 20) }
        guard let reader else { return }
        if let node = reader.value("size"), let text = reader.string("size") {
            if let bytes = ByteSize.bytes(text), (65_536...(1 << 44)).contains(bytes) {
                settings.maximumBytes = bytes
            } else {
                reader.problems.add("expected a size from 64KiB to 16TiB, found \"\(text)\"", at: node)
            }
        }
        settings.maximumAge =
            reader.duration("age", in: .seconds(1) ... .seconds(366 * 86_400)) ?? settings.maximumAge
        settings.policy =
            reader.choice(
                "policy",
                of: ["drop-oldest": OverflowPolicy.dropOldest, "drop-newest": .dropNewest, "block": .block]
            ) ?? settings.policy
        reader.finish()
    }
}
