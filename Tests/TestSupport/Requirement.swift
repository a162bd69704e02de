/// A program that a test needs. Where it is missing the test is skipped and says so; with `MUSTER_REQUIRE_SERVERS=1`
/// in the environment the test runs, and fails with a clear message.
///
/// ```swift
/// @Test(.enabled(if: Requirement.postgres.isMet, Requirement.postgres.comment)) func ...
/// @Suite(.enabled(if: Requirement.areMet(.postgres, .prometheus)))
/// ```
public struct Requirement: Sendable, Hashable {
    /// What it is called.
    public var name: String
    /// The programs.
    public var programs: [String]
    /// The Debian package that has them.
    public var package: String

    /// Creates a requirement.
    public init(_ name: String, programs: [String], package: String) {
        self.name = name
        self.programs = programs
        self.package = package
    }

    /// A PostgreSQL server with its tools.
    public static let postgres = Requirement(
        "PostgreSQL",
        programs: ["initdb", "postgres", "psql"],
        package: "postgresql"
    )
    /// A PgBouncer.
    public static let pgBouncer = Requirement("PgBouncer", programs: ["pgbouncer"], package: "pgbouncer")
    /// A Prometheus.
    public static let prometheus = Requirement("Prometheus", programs: ["prometheus"], package: "prometheus")
    /// Prometheus' tool.
    public static let promtool = Requirement("promtool", programs: ["promtool"], package: "prometheus")
    /// Prometheus' exporter for machines.
    public static let nodeExporter = Requirement(
        "node_exporter",
        programs: ["prometheus-node-exporter"],
        package: "prometheus-node-exporter"
    )
    /// Prometheus' exporter for PostgreSQL.
    public static let postgresExporter = Requirement(
        "postgres_exporter",
        programs: ["prometheus-postgres-exporter"],
        package: "prometheus-postgres-exporter"
    )

    /// Whether missing programs are failures.
    public static let isStrict = Spawn.environment["MUSTER_REQUIRE_SERVERS"] == "1"

    /// The programs that are not there.
    public var missing: [String] { programs.filter { Executable.find($0) == nil } }

    /// Whether all programs are there.
    public var isInstalled: Bool { missing.isEmpty }

    /// Whether a test that needs it should run: it is installed, or it must be.
    public var isMet: Bool { Self.isStrict || isInstalled }

    /// Whether a test that needs all of these should run.
    public static func areMet(_ requirements: Requirement...) -> Bool { requirements.allSatisfy(\.isMet) }

    /// Why a test was skipped, or fails.
    public var explanation: String {
        let programs = missing.joined(separator: ", ")
        return missing.isEmpty ? "\(name) is installed" : "needs \(name): no \(programs) (Debian package \(package))"
    }

    /// Checks that it is installed.
    ///
    /// - Throws: ``TestSupportError`` that says what to install.
    public func check() throws {
        if !isInstalled { throw TestSupportError(explanation) }
    }
}
