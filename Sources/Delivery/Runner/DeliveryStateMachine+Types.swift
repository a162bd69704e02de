import ExportingModules

/// What a ``DeliveryStateMachine`` is told, what it answers, and what it is made of.
extension DeliveryStateMachine {
    /// A call of the module.
    enum Call: Sendable, Hashable, CustomStringConvertible {
        case start
        /// With so many samples.
        case write(Int)
        case warn
        case reopen
        case close

        var description: String {
            switch self {
            case .start: "start"
            case .write: "write"
            case .warn: "warn"
            case .reopen: "reopen"
            case .close: "close"
            }
        }
    }

    /// What came of a call.
    enum CallResult: Sendable, Hashable {
        /// It has returned, for ``Call/start``, ``Call/reopen`` and ``Call/close``.
        case done
        case wrote(Delivery)
        case warned(DeliveryOutcome)
        /// It has thrown this.
        case failed(String)
    }

    /// What the queue has handed out.
    enum Record: Sendable, Hashable {
        case alert
        case samples(Int)
    }

    /// What the queue is to be told about what it has handed out.
    enum Settlement: Sendable, Hashable {
        case alert(DeliveryOutcome)
        case samples(Delivery)
    }

    /// What is to be done next. What it asks for has to be answered before it is asked again, except for `call`, `wait`
    /// and `cancelCall`.
    enum Step: Sendable, Hashable {
        /// Begin a call; answer with `callEnded` when it has ended, however long that takes.
        case call(Call)
        /// Cancel the call that is out. It may go on nevertheless.
        case cancelCall
        /// Get an alert from the queue; answer with `fetched`.
        case fetchAlert
        /// Get samples from the queue; answer with `fetched`.
        case fetchSamples(limit: Int)
        /// Tell the queue; answer with `settled`.
        case settle(Settlement)
        /// Wait until then, or until something is told; nil for the latter only.
        case wait(until: Duration?)
        /// All is over.
        case end
    }

    /// What has changed, for logs and for the status.
    enum News: Sendable, Hashable {
        /// The module has been started.
        case started
        /// Something was delivered.
        case delivered
        /// Something went wrong.
        case failed(String)
        /// It began to go wrong.
        case failing(String)
        /// All goes well again.
        case recovered
        /// Records were rejected.
        case rejected(Int, reason: String)
        /// A call has passed its deadline.
        case hung(Call)
        /// A call that had passed its deadline has come back.
        case back(Call)
        /// It is closed, or left as it is because a call does not come back.
        case stopped(isClosed: Bool)
    }

    enum Phase: Sendable, Hashable {
        case idle
        case calling(CallInFlight)
        case holding(Record)
        case settling(Settlement)
        case ended
    }

    struct CallInFlight: Sendable, Hashable {
        let call: Call
        let deadline: Duration
        /// When it was cancelled; nil if it was not.
        var givenUpAt: Duration?
        /// Whether it has passed its own deadline, and not only the end of the drain.
        var isHung = false
    }

    /// The records of one kind.
    struct Lane: Sendable, Hashable {
        var retry = RetryClock()
        /// Whether the queue may have some; false after it said that it has none.
        var mayHaveRecords: Bool
        /// Whether nothing more is tried while draining.
        var isOver = false
        /// How many were to be sent again.
        var retried = 0

        /// Whether there may be something to do, now or later.
        var isWanted: Bool { mayHaveRecords && !isOver }
    }
}
