/// Which drivers live on a reactor's thread and which descriptors they watch: bookkeeping, without the system calls.
struct DriverTable {
    private struct Entry {
        let driver: any ReactorDriver
        var isWoken = false
        var moment: Duration?
    }

    private struct Watch {
        var token: UInt32
        var id: UInt32
    }

    private var entries: [UInt32: Entry] = [:]
    private var watches: [Int32: Watch] = [:]
    private var lastID: UInt32 = 0

    mutating func makeID() -> UInt32 {
        lastID &+= 1
        return lastID
    }

    var count: Int { entries.count }

    /// When a driver is due: now if one was woken.
    func nextMoment(now: Duration) -> Duration? {
        var next: Duration?
        for entry in entries.values {
            guard let moment = entry.isWoken ? now : entry.moment else { continue }
            next = next.map { min($0, moment) } ?? moment
        }
        return next
    }

    mutating func attach(_ driver: any ReactorDriver, _ id: UInt32) {
        entries[id] = Entry(driver: driver)
    }

    mutating func detach(_ id: UInt32) {
        entries[id] = nil
    }

    mutating func wake(_ id: UInt32) {
        entries[id]?.isWoken = true
    }

    mutating func setMoment(_ moment: Duration?, of id: UInt32) {
        entries[id]?.moment = moment
    }

    /// The drivers that are to be called now; each call is due once.
    mutating func takeDue(at now: Duration) -> [any ReactorDriver] {
        var due: [any ReactorDriver] = []
        for (id, entry) in entries {
            let isOver = entry.moment.map { $0 <= now } ?? false
            guard entry.isWoken || isOver else { continue }
            due.append(entry.driver)
            entries[id]?.isWoken = false
            if isOver { entries[id]?.moment = nil }
        }
        return due
    }

    /// - Returns: The token of the watch and whether it is a new one.
    mutating func watch(_ descriptor: Int32, for id: UInt32, newToken: UInt32) -> (token: UInt32, isNew: Bool) {
        if let watch = watches[descriptor], watch.id == id { return (watch.token, false) }
        watches[descriptor] = Watch(token: newToken, id: id)
        return (newToken, true)
    }

    /// - Returns: Whether it was watched.
    mutating func unwatch(_ descriptor: Int32) -> Bool {
        watches.removeValue(forKey: descriptor) != nil
    }

    /// Who gets an event; nil if it belongs to an earlier watch.
    func driver(of descriptor: Int32, token: UInt32) -> (any ReactorDriver)? {
        guard let watch = watches[descriptor], watch.token == token else { return nil }
        return entries[watch.id]?.driver
    }

    mutating func removeAll() -> [any ReactorDriver] {
        defer { (entries, watches) = ([:], [:]) }
        return entries.values.map(\.driver)
    }
}
