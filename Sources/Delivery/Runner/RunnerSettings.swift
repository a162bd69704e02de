/// How a module is run.
public struct RunnerSettings: Sendable, Hashable {
    /// How long a call of the module may take before it is given up and cancelled. By default 60 seconds.
    public var callTimeout: Duration
    /// How long the module may take to close, and how long a call that was given up on shutdown is waited for. By default
    /// 5 seconds.
    public var closeTimeout: Duration
    /// The wait after a first failure; it doubles with each further one. By default 1 second.
    public var initialBackoff: Duration
    /// The longest wait after failures. By default 60 seconds.
    public var maximumBackoff: Duration
    /// The longest wait that a destination can ask for. By default 10 minutes.
    public var maximumRetryAfter: Duration
    /// How many samples may wait for their queue; what comes while as many do is dropped and counted. By default 100,000.
    public var intakeLimit: Int
    /// Whether what is left in the queue is still there after a restart. If not, a shutdown tries until its last moment to
    /// deliver it.
    public var isDurable: Bool
    /// Whether collections wait until the queue has taken their samples: the policy `block`.
    public var holdsBack: Bool

    /// Creates settings.
    public init(
        callTimeout: Duration = .seconds(60),
        closeTimeout: Duration = .seconds(5),
        initialBackoff: Duration = .seconds(1),
        maximumBackoff: Duration = .seconds(60),
        maximumRetryAfter: Duration = .seconds(600),
        intakeLimit: Int = 100_000,
        isDurable: Bool = true,
        holdsBack: Bool = false
    ) {
        self.callTimeout = callTimeout
        self.closeTimeout = closeTimeout
        self.initialBackoff = initialBackoff
        self.maximumBackoff = maximumBackoff
        self.maximumRetryAfter = maximumRetryAfter
        self.intakeLimit = intakeLimit
        self.isDurable = isDurable
        self.holdsBack = holdsBack
    }
}
