import Settings
import Testing

@testable import Discovery

struct FileCatalogTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func catalog(_ paths: String..., keepBroken: Duration = .seconds(100)) -> FileCatalog {
        FileCatalog(patterns: paths.map { PathPattern($0, directory: folder.path) }, keepBroken: keepBroken)
    }

    private func list(_ names: String...) -> String {
        "services: [" + names.map { "{name: \($0), address: x}" }.joined(separator: ", ") + "]\n"
    }

    private func read(_ catalog: inout FileCatalog, at now: Duration = .zero) throws -> SourceListing {
        try catalog.read(now: now, isCancelled: { false })
    }

    @Test func `files are read in the order of the patterns, and by name within one`() throws {
        try folder.write(list("b"), to: "b.yaml")
        try folder.write(list("a"), to: "a.yaml")
        try folder.write(list("z"), to: "z.json")
        var catalog = catalog("z.json", "*.yaml", "./a.yaml")
        #expect(try read(&catalog).services.map(\.name) == ["z", "a", "b"])
    }

    @Test func `wildcards in folders are followed`() throws {
        try folder.makeFolder("one")
        try folder.makeFolder("two")
        try folder.write(list("a"), to: "one/s.yaml")
        try folder.write(list("b"), to: "two/s.yaml")
        var catalog = catalog("*/s.yaml")
        #expect(try read(&catalog).services.map(\.name) == ["a", "b"])
        try folder.remove("one")
        #expect(try read(&catalog).services.map(\.name) == ["b"])
    }

    @Test func `a pattern that matches nothing gives nothing`() throws {
        var catalog = catalog("*.yaml")
        #expect(try read(&catalog) == SourceListing())
    }

    @Test func `a path that does not exist fails the poll when nothing else is known`() throws {
        var catalog = catalog("s.yaml")
        let error = #expect(throws: SourceError.self) { try read(&catalog) }
        #expect(error?.code == .unavailable)
        #expect(error?.message == "\(folder.path)/s.yaml: does not exist")
        try folder.write(list("a"), to: "s.yaml")
        #expect(try read(&catalog).services.map(\.name) == ["a"])
    }

    @Test func `a path that does not exist beside good files is a problem`() throws {
        try folder.write(list("a"), to: "a.yaml")
        var catalog = catalog("a.yaml", "b.yaml")
        let listing = try read(&catalog)
        #expect(listing.services.map(\.name) == ["a"])
        #expect(listing.problems.map(\.description) == ["\(folder.path)/b.yaml: does not exist"])
    }

    @Test func `a broken file keeps its last good list and says where it is broken`() throws {
        try folder.write(list("a", "b"), to: "s.yaml")
        try folder.write(list("c"), to: "t.yaml")
        var catalog = catalog("*.yaml")
        _ = try read(&catalog)
        try folder.write("services:\n- {name: a, address: x\n", to: "s.yaml")
        try folder.write(list("d"), to: "t.yaml")
        let listing = try read(&catalog)
        #expect(listing.services.map(\.name) == ["a", "b", "d"])
        let problem = try #require(listing.problems.first)
        #expect(listing.problems.count == 1)
        #expect(problem.position?.line ?? 0 >= 2)
        #expect(problem.reason.hasPrefix("not YAML: "))
        #expect(problem.reason.hasSuffix("; its last good list of 2 services stays"))
        #expect(try read(&catalog) == listing)
        try folder.write(list("e"), to: "s.yaml")
        #expect(try read(&catalog).services.map(\.name) == ["e", "d"])
        #expect(try read(&catalog).problems.isEmpty)
    }

    @Test(arguments: ["", "services:\n", "\u{0}\u{0}", "services: [{name: b, addr"])
    func `a file that was emptied or cut off keeps its last good list`(text: String) throws {
        try folder.write(list("a"), to: "s.yaml")
        var catalog = catalog("s.yaml")
        _ = try read(&catalog)
        try folder.write(text, to: "s.yaml")
        let listing = try read(&catalog)
        #expect(listing.services.map(\.name) == ["a"])
        #expect(listing.problems.count == 1)
    }

    @Test func `a broken file drops its list after a time`() throws {
        try folder.write(list("a"), to: "s.yaml")
        var catalog = catalog("s.yaml", keepBroken: .seconds(100))
        _ = try read(&catalog, at: .seconds(0))
        try folder.write("[", to: "s.yaml")
        #expect(try read(&catalog, at: .seconds(10)).services.count == 1)
        #expect(try read(&catalog, at: .seconds(110)).services.count == 1)
        let listing = try read(&catalog, at: .seconds(111))
        #expect(listing.services.isEmpty)
        #expect(listing.problems.first?.reason.hasSuffix("for 1m40s at most: it is dropped now") == true)
        try folder.write(list("b"), to: "s.yaml")
        #expect(try read(&catalog, at: .seconds(112)).services.map(\.name) == ["b"])
    }

    @Test func `a deleted file takes its services with it`() throws {
        try folder.write(list("a"), to: "a.yaml")
        try folder.write(list("b"), to: "b.yaml")
        var glob = catalog("*.yaml")
        var plain = catalog("a.yaml")
        _ = try read(&glob)
        _ = try read(&plain)
        try folder.remove("a.yaml")
        #expect(try read(&glob) == SourceListing(services: [Service(name: "b", address: "x")]))
        let listing = try read(&plain)
        #expect(listing.services.isEmpty)
        #expect(listing.problems.map(\.reason) == ["does not exist"])
    }

    @Test func `a folder that is gone keeps the last lists`() throws {
        try folder.makeFolder("d")
        try folder.write(list("a"), to: "d/a.yaml")
        var glob = catalog("d/*.yaml")
        var plain = catalog("d/a.yaml")
        _ = try read(&glob)
        _ = try read(&plain)
        try folder.rename("d", to: "e")
        for listing in [try read(&glob), try read(&plain)] {
            #expect(listing.services.map(\.name) == ["a"])
            #expect(listing.problems.first?.reason.contains("the folder cannot be read") == true)
        }
        try folder.rename("e", to: "d")
        #expect(try read(&glob).problems.isEmpty)
        #expect(try read(&plain).services.map(\.name) == ["a"])
    }

    @Test func `a file that is no file keeps the last list`() throws {
        try folder.write(list("a"), to: "a.yaml")
        var catalog = catalog("a.yaml")
        _ = try read(&catalog)
        try folder.remove("a.yaml")
        try folder.makeFolder("a.yaml")
        let listing = try read(&catalog)
        #expect(listing.services.map(\.name) == ["a"])
        #expect(
            listing.problems.first?.reason
                == "cannot be read: not a regular file; its last good list of 1 services stays"
        )
    }

    @Test func `bytes that are no text break a file, and a file of the limit does not`() throws {
        try folder.write(list("a"), to: "a.yaml")
        var catalog = catalog("a.yaml")
        _ = try read(&catalog)
        try folder.write(bytes: Array("services: [\"".utf8) + [0xC3, 0x28], to: "a.yaml")
        #expect(try read(&catalog).problems.first?.reason.hasPrefix("not valid UTF-8") == true)
    }

    @Test func `files that did not change give the same array, not only an equal one`() throws {
        try folder.write(list("a", "b"), to: "a.yaml")
        var catalog = catalog("*.yaml")
        let first = try read(&catalog).services
        // The same bytes written again are the same list.
        try folder.write(list("a", "b"), to: "a.yaml")
        let second = try read(&catalog).services
        let addresses = [first, second].map { services in services.withUnsafeBufferPointer { $0.baseAddress } }
        #expect(addresses[0] == addresses[1])
    }

    @Test func `a change of the same length is seen at once`() throws {
        var catalog = catalog("a.yaml")
        for name in ["a", "b", "c", "d"] {
            try folder.write(list(name), to: "a.yaml")
            #expect(try read(&catalog).services.map(\.name) == [name])
        }
    }

    @Test func `a service that two files list stands once, and a contradiction is reported`() throws {
        try folder.write("services: [{name: a, address: x, port: 1}, {name: b, address: x}]", to: "1.yaml")
        try folder.write("services: [{name: a, address: x, port: 1}, {name: b, address: x, tags: [t]}]", to: "2.yaml")
        var catalog = catalog("*.yaml")
        let listing = try read(&catalog)
        #expect(listing.services.map(\.name) == ["a", "b"])
        #expect(listing.services[1].tags.isEmpty)
        #expect(listing.problems.map(\.description) == ["b@x: listed more than once; the first one counts"])
    }

    @Test func `a cancelled reading ends between files`() throws {
        try folder.write(list("a"), to: "a.yaml")
        var catalog = catalog("*.yaml")
        #expect(throws: CancellationError.self) { try catalog.read(now: .zero, isCancelled: { true }) }
        #expect(try read(&catalog).services.count == 1)
    }
}
