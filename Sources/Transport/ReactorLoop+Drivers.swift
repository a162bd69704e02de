import CLinux
import Glibc
import Synchronization

extension ReactorLoop {
    /// Set in the event's descriptor where a driver watches it; descriptors have 31 bits.
    static let driverBit: UInt32 = 1 << 31

    var driverCount: Int { state.withLock { $0.drivers.count } }

    var isRunning: Bool { state.withLock { $0.isRunning } }

    func makeDriverID() -> UInt32 { state.withLock { $0.drivers.makeID() } }

    func attach(_ driver: any ReactorDriver, _ id: UInt32) -> Bool {
        state.withLock { state in
            guard !state.isStopped else { return false }
            state.drivers.attach(driver, id)
            return true
        }
    }

    func detach(_ id: UInt32) {
        state.withLock { $0.drivers.detach(id) }
    }

    func wakeDriver(_ id: UInt32) -> Bool {
        let (isRunning, sleeps) = state.withLock { state -> (Bool, Bool) in
            guard state.isRunning else { return (false, false) }
            state.drivers.wake(id)
            // Awake, the thread looks again before it sleeps.
            defer { state.sleepsUntil = nil }
            return (true, state.sleepsUntil != nil)
        }
        if sleeps { wake() }
        return isRunning
    }

    func setTimer(_ moment: ContinuousClock.Instant?, of id: UInt32) {
        let moment = moment.map { origin.duration(to: $0) }
        let wakesThread = state.withLock { state -> Bool in
            state.drivers.setMoment(moment, of: id)
            guard let moment, let sleepsUntil = state.sleepsUntil, moment < sleepsUntil else { return false }
            state.sleepsUntil = moment
            return true
        }
        if wakesThread { wake() }
    }

    func watch(_ descriptor: Int32, _ interest: Reactor.Interest, for id: UInt32) -> Bool {
        guard descriptor >= 0 else { return false }
        return state.withLock { state in
            let newToken = state.table.makeToken()
            let (token, isNew) = state.drivers.watch(descriptor, for: id, newToken: newToken)
            let data = UInt64(token) << 32 | UInt64(UInt32(bitPattern: descriptor) | Self.driverBit)
            let code = control(descriptor, isNew ? .add : .modify, Self.events(of: interest), data)
            if code != 0 { _ = state.drivers.unwatch(descriptor) }
            return code == 0
        }
    }

    func unwatch(_ descriptor: Int32) {
        state.withLock { state in
            guard state.drivers.unwatch(descriptor) else { return }
            var event = epoll_event()
            _ = epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event)
        }
    }

    /// Hands an event to the driver that watches the descriptor.
    func handleWatched(_ data: UInt64, _ events: UInt32) {
        let descriptor = Int32(bitPattern: UInt32(truncatingIfNeeded: data) & ~Self.driverBit)
        let token = UInt32(truncatingIfNeeded: data >> 32)
        let driver = state.withLock { $0.drivers.driver(of: descriptor, token: token) }
        guard let driver else { return }
        var readiness: Reactor.Interest = []
        let failures = EPOLLERR.rawValue | EPOLLHUP.rawValue
        if events & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue | failures) != 0 { readiness.insert(.readable) }
        if events & (EPOLLOUT.rawValue | failures) != 0 { readiness.insert(.writable) }
        driver.ready(descriptor, readiness)
    }

    func callDueDrivers(at now: Duration) {
        for driver in state.withLock({ $0.drivers.takeDue(at: now) }) { driver.due() }
    }
}
