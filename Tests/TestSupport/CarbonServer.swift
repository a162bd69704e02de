extension Requirement {
    /// Graphite's carbon, with the library that reads what it has stored.
    public static let carbon = Requirement(
        "carbon",
        programs: ["carbon-cache", "whisper-info"],
        package: "graphite-carbon"
    )
}

/// A carbon-cache on 127.0.0.1 that stores one value per second for two hours, thrown away at the end.
public final class CarbonServer: Sendable {
    /// The TCP and UDP port of the receiver of lines.
    public let port: Int

    private let folder: TemporaryFolder
    private let server: ServerProcess

    /// Starts one.
    ///
    /// - Throws: ``TestSupportError``, also if carbon is not installed.
    public static func start() async throws -> CarbonServer {
        try Requirement.carbon.check()
        let folder = try TemporaryFolder()
        let port = try FreePort.next()
        for name in ["conf", "log", "run", "storage/whisper"] { try folder.makeFolder(name) }
        try folder.write(configuration(folder, port), to: "conf/carbon.conf")
        try folder.write("[default]\npattern = .*\nretentions = 1s:2h\n", to: "conf/storage-schemas.conf")
        let server = try await ServerProcess.start(
            [
                "carbon-cache", "--config=\(folder.path("conf/carbon.conf"))", "--pidfile=\(folder.path("run/pid"))",
                "--nodaemon", "start",
            ],
            log: folder.path("log/all")
        ) {
            !FreePort.isFree(port)
        }
        return CarbonServer(port: port, folder: folder, server: server)
    }

    private init(port: Int, folder: TemporaryFolder, server: ServerProcess) {
        self.port = port
        self.folder = folder
        self.server = server
    }

    deinit {
        // Before the folder is removed.
        server.kill()
    }

    /// The last lines of its log.
    public var logTail: String { server.logTail }

    /// The values of a series, by their times in seconds, as they are stored.
    ///
    /// - Parameter series: A path, or a name with tags in any order.
    /// - Returns: Nothing if there is no such series.
    /// - Throws: ``TestSupportError`` if the file cannot be read.
    public func values(of series: String) async throws -> [Int: Double] {
        let script = """
            import os, sys, time, whisper
            from carbon.util import TaggedSeries
            series = sys.argv[2]
            if ';' in series:
                series = TaggedSeries.parse(series).path
            path = os.path.join(sys.argv[1], TaggedSeries.encode(series, '/', hash_only=True) + '.wsp')
            if os.path.exists(path):
                now = int(time.time())
                (start, end, step), values = whisper.fetch(path, now - 7000, now)
                for index, value in enumerate(values):
                    if value is not None:
                        print(start + index * step, repr(value))
            """
        let output = try await Command.output([
            "/usr/bin/python3", "-c", script, folder.path("storage/whisper"), series,
        ])
        var values: [Int: Double] = [:]
        for line in output.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, let time = Int(words[0]), let value = Double(words[1]) else {
                throw TestSupportError("cannot read \(line)")
            }
            values[time] = value
        }
        return values
    }

    private static func configuration(_ folder: TemporaryFolder, _ port: Int) throws -> String {
        """
        [cache]
        STORAGE_DIR = \(folder.path("storage"))
        LOCAL_DATA_DIR = \(folder.path("storage/whisper"))
        CONF_DIR = \(folder.path("conf"))
        LOG_DIR = \(folder.path("log"))
        PID_DIR = \(folder.path("run"))
        USER =
        LINE_RECEIVER_INTERFACE = 127.0.0.1
        LINE_RECEIVER_PORT = \(port)
        ENABLE_UDP_LISTENER = True
        UDP_RECEIVER_INTERFACE = 127.0.0.1
        UDP_RECEIVER_PORT = \(port)
        PICKLE_RECEIVER_INTERFACE = 127.0.0.1
        PICKLE_RECEIVER_PORT = \(try FreePort.next())
        CACHE_QUERY_INTERFACE = 127.0.0.1
        CACHE_QUERY_PORT = \(try FreePort.next())
        MAX_CREATES_PER_MINUTE = inf
        MAX_UPDATES_PER_SECOND = inf
        ENABLE_LOGROTATION = False
        CARBON_METRIC_INTERVAL = 0
        ENABLE_TAGS = False

        """
    }
}
