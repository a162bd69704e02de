import Glibc

/// A server in a process of its own, which dies with the test process, however that ends.
///
/// It has a session of its own; what it writes goes to a log file, whose end is in the error when it does not
/// get ready.
public final class ServerProcess: Sendable {
    /// What it is called in messages.
    public let name: String
    /// Its process identifier.
    public let process: Int32
    /// The file that holds what it wrote.
    public let log: String

    private let child: ChildProcess

    /// Starts a program and waits until it is ready.
    ///
    /// - Parameters:
    ///   - arguments: The program's name or path, and its arguments.
    ///   - environment: Added to that of the test process.
    ///   - user: Run as this user, if we are root.
    ///   - log: The file for what it writes; it is appended to.
    ///   - limit: How long it may take to get ready.
    ///   - ready: Whether it is ready: something that only this server can answer. What it throws counts as no.
    /// - Throws: ``TestSupportError`` with the end of the log if it ends or does not get ready.
    public static func start(
        _ arguments: [String],
        environment: [String: String] = [:],
        user: String? = nil,
        log: String,
        within limit: Duration = .seconds(60),
        ready: @Sendable () async throws -> Bool
    ) async throws -> ServerProcess {
        let server = try ServerProcess(arguments, environment: environment, user: user, log: log)
        let deadline = ContinuousClock.now + limit
        var reason = "is not ready after \(limit)"
        while ContinuousClock.now < deadline {
            do {
                if try await ready() { return server }
            } catch let error as CancellationError {
                throw error
            } catch {
                reason = "is not ready after \(limit): \(error)"
            }
            if let status = server.status {
                reason = "\(status)"
                break
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        server.kill()
        throw TestSupportError("\(server.name) \(reason); its log ends:\n\(server.logTail)")
    }

    private init(_ arguments: [String], environment: [String: String], user: String?, log: String) throws {
        guard let name = arguments.first else { throw TestSupportError("nothing to run") }
        let path = try Executable.path(name)
        let output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard output >= 0 else { throw TestSupportError("cannot open \(log): \(lastSystemError())") }
        defer { close(output) }
        let input = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw TestSupportError("cannot open /dev/null: \(lastSystemError())") }
        defer { close(input) }
        child = try ChildProcess(
            [path] + arguments.dropFirst(),
            environment: Spawn.environment.merging(environment) { $1 },
            user: user,
            input: input,
            output: output,
            errors: output
        )
        process = child.process
        self.name = name
        self.log = log
    }

    /// How it ended, or nil while it runs.
    public var status: ExitStatus? { child.poll() }

    /// The last lines of the log.
    public var logTail: String {
        let text = (try? TextFile.read(log)) ?? ""
        return text.split(separator: "\n").suffix(30).joined(separator: "\n")
    }

    /// Sends it alone a signal.
    public func send(signal: Int32) { child.send(signal: signal) }

    /// Asks it to end with a signal (SIGTERM if not said), and kills it when it does not by the limit. Descendants
    /// that outlive it are killed.
    ///
    /// - Returns: How it ended.
    /// - Throws: `CancellationError` if the task is cancelled.
    @discardableResult
    public func stop(signal: Int32? = nil, within limit: Duration = .seconds(20)) async throws -> ExitStatus {
        let descendants = ProcessTable.descendants(of: process).map { ($0, ProcessTable.startTime($0)) }
        child.sendToTree(signal: SIGCONT)
        child.send(signal: signal ?? SIGTERM)
        if let status = try await child.wait(until: .now + limit) {
            for (descendant, time) in descendants where time != nil && ProcessTable.startTime(descendant) == time {
                _ = Glibc.kill(descendant, SIGKILL)
            }
            return status
        }
        kill()
        return status ?? .signalled(SIGKILL)
    }

    /// Kills it with all of its descendants at once, as a loss of power would, and reaps it.
    public func kill() { child.killAndReap() }

    /// Stops it with all of its descendants: connections are still accepted by the kernel, and nothing answers.
    public func pause() { child.sendToTree(signal: SIGSTOP) }

    /// Lets it go on after ``pause()``.
    public func resume() { child.sendToTree(signal: SIGCONT) }
}
