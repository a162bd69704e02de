import Settings
import Synchronization
import TestSupport
import Testing

@testable import Discovery

struct ServiceMatcherTests {
    private static let block = """
        name: pg
        match: {tags: [postgres]}
        interval: 15s
        labels: {team: "${label.team:-none}", env: "${label.env}"}
        postgres:
          user: monitor
          database: ${option.db:-postgres}
          password: {env: PW}
          dsn: host=${service.address} port=${service.port:-5432}
        """

    private func template(
        _ text: String = block,
        name: String = "pg",
        kind: String = "postgres",
        fingerprint: @escaping @Sendable () -> String = { "" }
    ) throws -> ExporterTemplate {
        let problems = ProblemList()
        let template = ExporterTemplate(
            block: try SettingsDocument.parse(text, file: "c.yaml"),
            name: name,
            kind: kind,
            overridableKeys: ["database", "password", "sslmode"],
            secretKeys: ["password"],
            fingerprint: fingerprint,
            problems: problems
        )
        try problems.throwIfAny()
        return template
    }

    private func matcher(_ templates: ExporterTemplate..., environment: [String: String] = ["PW": "hunter2"]) throws
        -> ServiceMatcher
    {
        try ServiceMatcher(templates: templates, key: InstallationKey(), environment: environment)
    }

    private func service(_ name: String = "a", _ change: (inout Service) -> Void = { _ in }) -> Service {
        var service = Service(name: name, address: "10.0.0.5", port: 5432, tags: ["postgres"], labels: ["env": "prod"])
        change(&service)
        return service
    }

    @Test func `a service that matches is rendered`() throws {
        let report = try matcher(try template()).match([service()], source: "files")
        #expect(report.problems.isEmpty && report.unmatched.isEmpty)
        let matched = try #require(report.services.first)
        #expect(matched.key == ServiceKey(template: "pg", name: "a", address: "10.0.0.5", port: 5432))
        #expect(matched.source == "files")
        #expect(
            matched.labels == ["service": "a", "host": "10.0.0.5", "port": "5432", "env": "prod", "team": "none"]
        )
        let settings = try #require(matched.settings)
        #expect(settings["interval"]?.text == "15s")
        #expect(settings["match"] == nil && settings["labels"] == nil && settings["name"] == nil)
        #expect(settings["postgres"]?["dsn"]?.text == "host=10.0.0.5 port=5432")
        #expect(settings["postgres"]?["database"]?.text == "postgres")
        guard case .secret(let password)? = settings["postgres"]?["password"]?.content else {
            Issue.record("the password is no secret")
            return
        }
        #expect(password.reveal() == "hunter2")
    }

    @Test func `options override the keys that allow it and no others`() throws {
        let report = try matcher(try template()).match(
            [
                service {
                    $0.options = ["database": "x", "user": "root", "sslmode": "require", "password": "pw", "db": "y"]
                }
            ],
            source: ""
        )
        let block = try #require(report.services.first?.settings?["postgres"])
        #expect(block["database"]?.text == "x")
        #expect(block["user"]?.text == "monitor")
        #expect(block["sslmode"]?.text == "require")
        #expect(block["sslmode"]?.path == "postgres.sslmode")
        guard case .secret(let password)? = block["password"]?.content else {
            Issue.record("the password is no secret")
            return
        }
        #expect(password.reveal() == "pw")
        #expect(report.problems.map(\.reason) == ["no template that matches uses the option \"user\""])
        #expect(report.problems.allSatisfy { !$0.isFatal })
    }

    @Test func `a misspelt option is reported with the nearest one that is used`() throws {
        let report = try matcher(try template()).match([service { $0.options = ["databse": "x"] }], source: "")
        #expect(report.services.count == 1)
        #expect(report.problems.first?.reason.hasSuffix("did you mean \"database\"?") == true)
    }

    @Test func `an option makes the kind's block if it has none`() throws {
        let report = try matcher(try template("name: pg\npostgres:\n")).match(
            [service { $0.options = ["database": "x"] }],
            source: ""
        )
        #expect(report.services.first?.settings?["postgres"]?["database"]?.text == "x")
    }

    @Test func `one service may match several templates`() throws {
        let report = try matcher(try template(), try template(name: "pg2")).match([service()], source: "")
        #expect(report.services.map(\.key.template) == ["pg", "pg2"])
        #expect(Set(report.services.map(\.hash)).count == 2)
    }

    @Test func `a service that matches nothing is shown with the nearest template and the reason`() throws {
        let other = try template("match: {tags: [mysql], labels: {env: prod}}", name: "my", kind: "mysql")
        let report = try matcher(try template(), other).match([service { $0.tags = [] }], source: "")
        #expect(report.services.isEmpty)
        #expect(report.unmatched.map(\.reason) == ["nearest is \"my\": it has no tag \"mysql\""])
        #expect(try matcher().match([service()], source: "").unmatched.map(\.reason) == ["there are no templates"])
    }

    @Test func `a service that cannot be rendered costs itself only`() throws {
        let report = try matcher(try template()).match(
            [service("a"), service("b") { $0.labels = [:] }, service("c")],
            source: ""
        )
        #expect(report.services.map(\.service.name) == ["a", "c"])
        let problem = try #require(report.problems.first)
        #expect(problem.isFatal)
        #expect(problem.service.name == "b")
        #expect(problem.reason == "labels.env: the service has no label.env, and \"${label.env}\" has no default")
        #expect(problem.position?.description == "c.yaml:4:44")
        #expect(report.unmatched.isEmpty)
    }

    @Test func `a service that is invalid costs itself only`() throws {
        let report = try matcher(try template()).match(
            [service { $0.labels["a b"] = "x" }, service { $0.port = 0 }, service("ok")],
            source: ""
        )
        #expect(report.services.map(\.service.name) == ["ok"])
        #expect(report.problems.count == 2)
    }

    @Test func `a label without a value is none, and the service's own labels win`() throws {
        let template = try template("labels: {port: '', dc: '${label.dc:-}'}\npostgres: {}")
        let matched = try matcher(template).match(
            [service { $0.labels = ["host": "mine", "service": "s", "empty": ""] }],
            source: ""
        )
        #expect(matched.services.first?.labels == ["host": "mine", "service": "s"])
    }

    @Test func `services that repeat a name, address and port are reported`() throws {
        let report = try matcher(try template()).match([service(), service { $0.tags.append("x") }], source: "")
        #expect(report.services.count == 1)
        #expect(report.problems.map(\.reason) == ["listed more than once; the first one counts"])
    }

    @Test func `services that did not change keep their objects, whatever else changes`() throws {
        let matcher = try matcher(try template())
        let services = (0..<50).map { service("s\($0)") }
        let first = matcher.match(services, source: "x").services
        let again = matcher.match(services, source: "x").services
        #expect(zip(first, again).allSatisfy { $0 === $1 })
        var changed = services
        changed.remove(at: 10)
        changed.insert(service("new"), at: 3)
        changed[40].labels["env"] = "dev"
        changed.swapAt(20, 30)
        let third = matcher.match(changed, source: "x").services
        #expect(third.map(\.service) == changed)
        let old = Dictionary(uniqueKeysWithValues: first.map { ($0.key, $0) })
        for matched in third {
            let isOld = old[matched.key] === matched
            #expect(isOld == (old[matched.key]?.service == matched.service))
        }
    }

    @Test func `random changes of a list give what a fresh matcher gives`() throws {
        let template = try template()
        let key = InstallationKey()
        let matcher = try ServiceMatcher(templates: [template], key: key, environment: ["PW": "x"])
        var generator = SeededGenerator(seed: 9)
        var services: [Service] = []
        for _ in 0..<300 {
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let name = "s\(Int.random(in: 0..<20, using: &generator))"
                services.insert(service(name), at: Int.random(in: 0...services.count, using: &generator))
            }
            if !services.isEmpty {
                let index = Int.random(in: 0..<services.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: services.remove(at: index)
                case 1: services[index].labels["env"] = Bool.random(using: &generator) ? "a" : nil
                case 2: services[index].tags = []
                default: services.shuffle(using: &generator)
                }
            }
            let report = matcher.match(services, source: "x")
            let fresh = try ServiceMatcher(templates: [template], key: key, environment: ["PW": "x"])
                .match(services, source: "x")
            #expect(report.services.map(\.service) == fresh.services.map(\.service))
            #expect(report.services.map(\.hash) == fresh.services.map(\.hash))
            #expect(report.services.map(\.labels) == fresh.services.map(\.labels))
            #expect(report.unmatched.map(\.service) == fresh.unmatched.map(\.service))
            #expect(report.problems.map(\.reason) == fresh.problems.map(\.reason))
        }
    }

    @Test func `a changed label gives the same hash and another object`() throws {
        let matcher = try matcher(try template())
        let before = try #require(matcher.match([service()], source: "").services.first)
        let after = try #require(
            matcher.match(
                [
                    service {
                        $0.labels["rack"] = "7"; $0.tags.append("z"); $0.metadata["m"] = "n"
                    }
                ],
                source: ""
            ).services.first
        )
        #expect(after.hash == before.hash)
        #expect(!after.isSame(as: before))
        #expect(after.labels["rack"] == "7")
        let database = try #require(matcher.match([service { $0.options["db"] = "q" }], source: "").services.first)
        #expect(database.hash != before.hash)
        #expect(database.key == before.key)
    }

    @Test func `a changed secret file replaces the services that use it`() throws {
        let folder = try TemporaryFolder()
        try folder.write("one\n", to: "pw")
        let secret = try template("postgres: {password: {file: pw}}")
        let plain = try template("postgres: {user: x}", name: "plain")
        let matcher = try ServiceMatcher(
            templates: [secret, plain],
            key: InstallationKey(),
            directory: folder.path
        )
        let services = [service()]
        let first = matcher.match(services, source: "").services
        try folder.write("two\n", to: "pw")
        let second = matcher.match(services, source: "").services
        #expect(second[0].hash != first[0].hash)
        #expect(second[1] === first[1])
        // A secret that is gone for a moment closes nothing, but is reported.
        try folder.remove("pw")
        let report = matcher.match(services, source: "")
        #expect(report.services[0] === second[0])
        #expect(report.problems.first?.reason.hasSuffix("its last value stays") == true)
        try folder.write("two", to: "pw")
        let last = matcher.match(services, source: "")
        #expect(last.services[0] === second[0])
        #expect(last.problems.isEmpty)
    }

    @Test func `a secret that was never there costs its services until it comes`() throws {
        let folder = try TemporaryFolder()
        let template = try template("postgres: {password: {file: pw}}")
        let matcher = try ServiceMatcher(templates: [template], key: InstallationKey(), directory: folder.path)
        let report = matcher.match([service()], source: "")
        #expect(report.services.isEmpty)
        #expect(report.problems.first?.reason.contains("\(folder.path)/pw cannot be read") == true)
        try folder.write("x", to: "pw")
        #expect(matcher.match([service()], source: "").services.count == 1)
    }

    @Test func `a changed fingerprint replaces the services`() throws {
        final class Box: Sendable {
            let value = Mutex("1")
        }
        let box = Box()
        let matcher = try matcher(try template(fingerprint: { box.value.withLock { $0 } }))
        let services = [service()]
        let first = try #require(matcher.match(services, source: "").services.first)
        #expect(matcher.match(services, source: "").services.first === first)
        box.value.withLock { $0 = "2" }
        #expect(matcher.match(services, source: "").services.first?.hash != first.hash)
    }

    @Test func `sources do not share what they remember`() throws {
        let matcher = try matcher(try template("labels: {src: '${service.source}'}\npostgres: {}"))
        let services = [service()]
        let one = matcher.match(services, source: "one").services
        let two = matcher.match(services, source: "two").services
        #expect(one.first?.labels["src"] == "one")
        #expect(two.first?.labels["src"] == "two")
        matcher.forget(source: "one")
        #expect(matcher.match(services, source: "one").services.first !== one.first)
        #expect(matcher.match(services, source: "two").services.first === two.first)
    }

    @Test func `a secret shows itself nowhere`() throws {
        let literal = try template(
            "labels: {a: '${label.env}'}\npostgres: {password: hunter2, user: 'x${label.env}'}",
            name: "lit"
        )
        let mixed = try template("postgres: {password: 'hunter2${label.env}'}", name: "mixed")
        let matcher = try matcher(try template(), literal, mixed)
        let report = matcher.match(
            [service { $0.options = ["db": "z"] }, service("b") { $0.options["password"] = "hunter2" }],
            source: ""
        )
        #expect(report.services.count == 6)
        var shown = "\(report) \(String(reflecting: report)) \(literal) \(mixed) \(matcher)"
        dump(report, to: &shown)
        dump(matcher, to: &shown)
        dump([literal, mixed], to: &shown)
        #expect(!shown.contains("hunter2"))
        #expect(report.services[3].service.options(redacting: ["password"]) == ["password": "<secret>"])
    }

    @Test func `a template with mistakes names each with its place`() throws {
        let problems = ProblemList()
        let text = """
            match: {tag: [a]}
            labels: {1x: a, b: "${foo.bar}", c: [d]}
            postgres:
              user: x ${label.
              password: {file: "/run/${service.name}"}
            """
        _ = ExporterTemplate(
            block: try SettingsDocument.parse(text, file: "c"),
            name: "t",
            kind: "postgres",
            secretKeys: ["password"],
            problems: problems
        )
        let found = problems.problems.map(\.description)
        #expect(found.count == 6)
        #expect(found.contains("c:4:11: postgres.user: \"${\" without \"}\"; write \"$${\" for a literal one"))
        #expect(found.contains("c:5:20: postgres.password.file: where a secret is cannot depend on the service"))
    }

    @Test func `a mistake in a secret does not show it`() throws {
        let problems = ProblemList()
        _ = ExporterTemplate(
            block: try SettingsDocument.parse("postgres: {password: 'hunter2${x}'}", file: "c"),
            name: "t",
            kind: "postgres",
            secretKeys: ["password"],
            problems: problems
        )
        #expect(problems.problems.count == 1)
        #expect(problems.problems.allSatisfy { !$0.description.contains("hunter2") })
    }

    @Test func `two templates cannot share a name`() throws {
        #expect(throws: SettingsError.self) { try matcher(try template(), try template()) }
    }

    @Test func `an unchanged list of many services gives the same objects`() throws {
        let matcher = try matcher(try template())
        let services = (0..<10_000).map { service("service-number-\($0)") }
        let first = matcher.match(services, source: "").services
        // An equal list of other storage, as from a source that builds its list anew on every poll.
        let copies = services.map { service in
            var copy = service
            copy.labels = Dictionary(uniqueKeysWithValues: service.labels.map { ($0.key, $0.value) })
            return copy
        }
        for list in [services, copies] {
            let again = matcher.match(list, source: "").services
            #expect(again.count == first.count && zip(again, first).allSatisfy { $0 === $1 })
        }
    }
}
