import Dispatch

/// A thread's worth of work that may block, away from the concurrency pool. Work is done in the order of the calls.
struct BlockingQueue: Sendable {
    private let queue: DispatchQueue

    init(label: String, qos: DispatchQoS = .default) {
        queue = DispatchQueue(label: label, qos: qos)
    }

    /// Does work and waits for its end.
    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }

    /// Does work without waiting for its end.
    func submit(_ body: @escaping @Sendable () -> Void) {
        queue.async(execute: body)
    }
}
