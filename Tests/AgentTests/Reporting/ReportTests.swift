import Exposition
import TestSupport
import Testing

@testable import Agent

@Suite(.serialized, .timeLimit(.minutes(3))) struct ReportTests {
    @Test func aServiceThatCannotBeSetUpIsThereWithItsErrorAndNextAttempt() async throws {
        let fixture = try AgentFixture()
        try fixture.write(
            services: fixture.host("good") + "- {name: bad, address: x, tags: [host], metadata: {root: /nowhere}}\n"
                + "- {name: worse, address: x, tags: [host], metadata: {root: relative}}\n"
        )
        try await fixture.run { agent in
            try await agent.monitors(1)
            try await waitUntil("the other one has failed") {
                agent.core.report().services.contains { $0.name == "worse" && $0.setupError != nil }
            }
            let worse = try #require(agent.core.report().services.first { $0.name == "worse" })
            #expect(worse.state == "backing_off")
            #expect(worse.setupError?.contains("expected an absolute path") == true)
            #expect(worse.attempts >= 1)
            let next = try #require(worse.nextAttempt)
            #expect(abs(next - agent.core.report().time) < 120)
            #expect(worse.collection == nil)
            let page = try await agent.get("/metrics").text
            #expect(page.contains("muster_service_up{exporter=\"machine\",host=\"localhost\",service=\"good\"} 1\n"))
            #expect(page.contains("muster_service_up{exporter=\"machine\",host=\"x\",service=\"worse\"} 0\n"))
            let home = try await agent.get("/").text
            #expect(home.contains(#/attempt \d+, next attempt in \d+ s/#))
        }
    }

    @Test func aServiceWithoutATemplateIsThereWithTheReason() async throws {
        let fixture = try AgentFixture()
        try fixture.write(
            services: "- {name: lost, address: x, tags: [hots]}\n- {nam: y}\n" + fixture.host("a", ", options: {x: y}")
        )
        try await fixture.run { agent in
            try await agent.monitors(1)
            let report = agent.core.report()
            #expect(report.unmatched.map(\.name) == ["lost"])
            #expect(report.unmatched.first?.reason == "nearest is \"machine\": it has no tag \"host\"")
            let problems = try #require(report.sources.first).problems
            #expect(problems.contains { $0.contains("services.yaml:3:") && $0.contains("did you mean \"name\"?") })
            #expect(problems.contains { $0.contains("no template that matches uses the option \"x\"") })
            let answer = try await agent.get("/api/v1/services?service=lost").text
            #expect(answer.contains("it has no tag"))
            #expect(!answer.contains("\"name\":\"a\""))
            #expect(try await agent.get("/").text.contains("it has no tag &quot;host&quot;"))
        }
    }

    @Test func aSourceThatFailsSaysWhy() async throws {
        let fixture = try AgentFixture()
        try fixture.folder.write("services: [", to: "services.yaml")
        try await fixture.run { agent in
            try await waitUntil("the source has failed") { agent.core.report().sources.first?.lastError != nil }
            #expect(agent.core.isReady)
            #expect(try await agent.get("/-/ready").status == 200)
            #expect(try await agent.get("/metrics").text.contains("muster_poll_errors_total{source=\"local\"} "))
            #expect(try await agent.get("/").text.contains("failing"))
        }
    }

    @Test func hostileNamesAreEscapedOnTheHomePage() async throws {
        let fixture = try AgentFixture()
        let evil = "<script>alert('x')</script>\\\"&amp;"
        try fixture.write(
            services: """
                - {name: "\(evil)", address: localhost, tags: [host, "<b>"], labels: {l: "\(evil)"},
                   metadata: {root: "\(fixture.folder.path)/root", m: "\(evil)"}}
                - {name: "u\(evil)", address: "/\(evil)", tags: ["<i>"]}
                - {name: "e\(evil)", address: x, tags: [host], metadata: {root: "\(evil)"}}
                - {"<u>": 1}
                """
        )
        try await fixture.run { agent in
            try await agent.monitors(1)
            try await waitUntil("the hostile root is refused") {
                agent.core.report().services.contains { $0.setupError != nil }
            }
            let home = try await agent.get("/").text
            for tag in ["<script", "<b>", "<i>", "<u>", "'x'"] { #expect(!home.contains(tag), "\(tag)") }
            #expect(home.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;amp;"))
            let page = try await agent.get("/metrics").text
            #expect(page.contains("service=\"<script>alert('x')</script>\\\"&amp;\""))
            #expect(throws: Never.self) { try TextParser.forEach(in: Array(page.utf8)) { _ in } }
        }
    }

    @Test func servicesWithEqualLabelsCostOnlyTheSamplesThatClash() async throws {
        let fixture = try AgentFixture(
            exporters: """
                - name: machine
                  match: {tags: [host]}
                  interval: 1s
                  labels: {service: same, host: "", port: ""}
                  host: {root: "${metadata.root}", collectors: [loadavg]}
                """
        )
        try fixture.write(services: fixture.host("a", ", port: 1") + fixture.host("b", ", port: 2"))
        try await fixture.run { agent in
            try await agent.monitors(2)
            let first = try await agent.get("/metrics").text
            #expect(throws: Never.self) { try TextParser.forEach(in: Array(first.utf8)) { _ in } }
            #expect(first.split(separator: "\n").filter { $0.hasPrefix("node_load1{") }.count == 1)
            // Up is there for both: what would clash carries the key.
            let up = first.split(separator: "\n").filter { $0.hasPrefix("muster_service_up{") }
            #expect(up.count == 2)
            #expect(up.contains { $0.contains("key=\"machine/b@localhost:2\"") }, "\(up)")
            try await waitUntil("the next page counts them") {
                try await agent.get("/metrics").text.contains("\nmuster_page_dropped_samples 3\n")
            }
            let dropped = agent.core.report().services.flatMap { service in
                (service.collection?.droppedSamples ?? []).map { "\(service.name) \($0.reason) \($0.family)" }
            }
            #expect(
                Set(dropped) == Set(["node_load1", "node_load5", "node_load15"].map { "b duplicate_series \($0)" })
            )
        }
    }

    @Test(.enabled(if: Requirement.promtool.isMet)) func promtoolFindsNothingWrong() async throws {
        let fixture = try AgentFixture()
        try fixture.write(
            services: fixture.host("a") + "- {name: bad, address: x, tags: [host], metadata: {root: x}}\n"
        )
        try await fixture.run { agent in
            try await agent.monitors(1)
            // What a page says of pages is about those before it.
            try await waitUntil("a page has been counted") {
                try await agent.get("/metrics").text.contains("muster_page_bytes")
            }
            let page = try await agent.get("/metrics").text
            #expect(try await Promtool.checkMetrics(page) == [])
            for name in [
                "muster_services", "muster_polls_total", "muster_poll_errors_total", "muster_source_age_seconds",
                "muster_setups_total", "muster_closes_total", "muster_page_bytes", "muster_page_duration_seconds",
                "muster_build_info", "muster_service_up", "muster_service_collect_duration_seconds",
                "muster_service_last_collect_timestamp_seconds", "process_start_time_seconds",
            ] {
                #expect(page.contains("# TYPE \(name) "), "\(name)")
            }
        }
    }
}
