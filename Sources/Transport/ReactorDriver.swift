/// Work that lives on one thread of a reactor: for libraries that bring sockets and timers of their own.
///
/// The functions are called by that thread, one at a time, and have to be quick.
protocol ReactorDriver: AnyObject, Sendable {
    /// A watched descriptor is ready. It may be so no more, or be watched no more.
    func ready(_ descriptor: Int32, _ readiness: Reactor.Interest)

    /// The driver was woken, or its time has come.
    func due()

    /// The reactor was stopped. This is the last call; it comes from whoever stops the reactor, after the thread has
    /// ended.
    func stopped()
}

/// A driver's place on a thread of a reactor.
///
/// It keeps neither the reactor nor the driver; the reactor keeps the driver until it leaves.
struct ReactorSeat: Sendable {
    private let loop: ReactorLoop
    private let id: UInt32

    init(loop: ReactorLoop) {
        self.loop = loop
        id = loop.makeDriverID()
    }

    /// Whether the thread runs.
    var isRunning: Bool { loop.isRunning }

    /// Takes the place.
    ///
    /// - Returns: Whether that succeeded: the reactor is not stopped.
    func occupy(by driver: any ReactorDriver) -> Bool { loop.attach(driver, id) }

    /// Gives the place up: the driver gets no more calls after the one that may be under way.
    func leave() { loop.detach(id) }

    /// Has ``ReactorDriver/due()`` called soon, once for all calls until then. From any thread.
    ///
    /// - Returns: Whether the thread runs.
    @discardableResult
    func wake() -> Bool { loop.wakeDriver(id) }

    /// Has ``ReactorDriver/due()`` called at a certain time; nil for never. There is one such time.
    func setTimer(_ moment: ContinuousClock.Instant?) { loop.setTimer(moment, of: id) }

    /// Watches a descriptor until ``unwatch(_:)``, or changes what for: each time that it is ready, as long as it is.
    ///
    /// - Returns: Whether the system agreed.
    @discardableResult
    func watch(_ descriptor: Int32, _ interest: Reactor.Interest) -> Bool {
        loop.watch(descriptor, interest, for: id)
    }

    /// Ends the watch. Call it before the descriptor is closed.
    func unwatch(_ descriptor: Int32) { loop.unwatch(descriptor) }
}
