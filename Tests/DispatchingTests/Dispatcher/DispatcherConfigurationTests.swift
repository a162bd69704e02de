import Dispatching
import Testing

struct DispatcherConfigurationTests {
    @Test func theDefaultsAreValid() throws {
        try DispatcherConfiguration().validate()
    }

    private static let nonsense: [(field: String, change: @Sendable (inout DispatcherConfiguration) -> Void)] = [
        ("interval", { $0.interval = .zero }),
        ("interval", { $0.interval = .seconds(Int64.max) }),
        ("pollTimeout", { $0.pollTimeout = .seconds(-1) }),
        ("keepStale", { $0.keepStale = .seconds(-1) }),
        ("hold", { $0.hold = .nanoseconds(-1) }),
        ("grace", { $0.grace = .seconds(-1) }),
        ("shutdownTimeout", { $0.shutdownTimeout = .seconds(-1) }),
        ("backoff.initial", { $0.backoff.initial = .zero }),
        ("backoff.maximum", { $0.backoff.maximum = .milliseconds(10) }),
        ("backoff.multiplier", { $0.backoff.multiplier = 0.5 }),
        ("backoff.multiplier", { $0.backoff.multiplier = .nan }),
        ("backoff.jitter", { $0.backoff.jitter = 1.1 }),
        ("maximumRemoval", { $0.maximumRemoval = .nan }),
        ("maximumRemoval", { $0.maximumRemoval = -0.1 }),
    ]

    @Test(arguments: nonsense.indices)
    func aValueThatMakesNoSenseIsRefusedByItsName(index: Int) {
        let (field, change) = Self.nonsense[index]
        var configuration = DispatcherConfiguration()
        change(&configuration)
        let error = #expect(throws: DispatcherConfigurationError.self) {
            _ = try Dispatcher(configuration: configuration) { [] }
        }
        #expect(error?.field == field)
        #expect(error.map { "\($0)".hasPrefix(field) } == true)
    }
}
