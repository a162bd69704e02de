import ExporterKinds
import ExporterKit
import Logging
import Settings
import Testing

@testable import HostExporter

@Suite struct HostKindTests {
    private func problems(_ yaml: String, acceptsTemplates: Bool = false) throws -> [String] {
        let problems = ProblemList()
        let node = try SettingsDocument.parse(yaml, file: "f.yaml")
        HostKind().check(node, directory: "/", acceptsTemplates: acceptsTemplates, problems: problems)
        return problems.problems.map(\.description)
    }

    private func settings(_ yaml: String) throws -> HostSettings {
        let problems = ProblemList()
        let settings = HostSettings(
            try SettingsDocument.parse(yaml, file: "f.yaml"),
            acceptsTemplates: false,
            problems: problems
        )
        try problems.throwIfAny()
        return settings
    }

    private func makeExporter(_ yaml: String) throws -> any Exporter {
        try HostKind().makeExporter(
            ExporterContext(
                service: "here",
                address: "localhost",
                settings: try SettingsDocument.parse(yaml, file: "f.yaml"),
                interval: .seconds(15),
                timeout: .seconds(10),
                directory: "/",
                logger: Logger(label: "test")
            )
        )
    }

    @Test(arguments: ["", "{}", "root: /host", "collectors: [cpu, filesystem]", "disk: {exclude: ''}"])
    func `Good blocks have no problems`(yaml: String) throws {
        #expect(try problems(yaml) == [])
        #expect(try !makeExporter(yaml).collectors.isEmpty)
    }

    @Test func `Every mistake is named with its place`() throws {
        #expect(
            try problems(
                """
                root: host
                collectors: [cpu, memifno, [x]]
                disk: {exclude: "(", only: sda}
                filesystem:
                  timeout: 0
                netwrok: {}
                """
            ) == [
                #"f.yaml:1:7: root: expected an absolute path, found "host""#,
                #"f.yaml:2:19: collectors[1]: expected the name of a collector, found "memifno"; did you mean "meminfo"?"#,
                "f.yaml:2:28: collectors[2]: expected the name of a collector, found a list; known are conntrack, cpu, "
                    + "diskstats, entropy, filefd, filesystem, loadavg, meminfo, netclass, netdev, os, pressure, stat, time, "
                    + "uname, vmstat",
                #"f.yaml:3:17: disk.exclude: expected a regular expression, found "(""#,
                "f.yaml:3:22: disk.only: unknown key; known are exclude, include",
                #"f.yaml:5:12: filesystem.timeout: expected a duration such as 15s or 1m30s from 10ms to 1h, found "0""#,
                #"f.yaml:6:1: netwrok: unknown key; did you mean "network"?"#,
            ]
        )
        #expect(throws: SettingsError.self) { try makeExporter("root: host") }
        #expect(try problems("[]") == ["f.yaml:1:1: expected a mapping, found a list"])
    }

    @Test func `Templates pass while they are not rendered`() throws {
        let yaml = #"{root: "${option.root}", collectors: ["${option.c}"], disk: {include: "${option.d}("}}"#
        #expect(try problems(yaml, acceptsTemplates: true) == [])
        #expect(try problems(yaml).count == 3)
    }

    @Test func `Saying what is wanted lifts the default exclusions`() throws {
        #expect(try settings("").disks.exclude?.contains("loop") == true)
        #expect(try settings("disk: {include: sd.*}").disks == .init(include: "sd.*", exclude: nil))
        #expect(try settings("disk: {include: sd.*, exclude: sdb}").disks == .init(include: "sd.*", exclude: "sdb"))
        #expect(try settings("filesystem: {types_exclude: ''}").filesystemTypes == .init())
        #expect(try settings("filesystem: {timeout: 100ms}").mountTimeout == .milliseconds(100))
    }

    @Test(arguments: [
        ("sda", true), ("sda1", false), ("nvme0n1", true), ("nvme0n1p2", false), ("loop3", false), ("ram0", false),
        ("dm-0", true), ("xvda", true), ("xvda9", false), ("mmcblk0", true),
    ])
    func `The default disks are node_exporter's`(name: String, isWanted: Bool) throws {
        #expect(try NameFilter(HostSettings().disks).accepts(name) == isWanted)
    }

    @Test(arguments: [
        ("/", true), ("/dev", false), ("/dev/shm", false), ("/device", true), ("/run", true),
        ("/run/credentials/x", false), ("/var/lib/docker/overlay2/x", false), ("/var/lib/docker", true),
        ("/mnt/x", true),
    ])
    func `The default mount points are node_exporter's`(name: String, isWanted: Bool) throws {
        let filter = try NameFilter(HostSettings().mountPoints)
        #expect(filter.accepts(name) == isWanted)
        // The second time it is remembered.
        #expect(filter.accepts(name) == isWanted)
    }
}
