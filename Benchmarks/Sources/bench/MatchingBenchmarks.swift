import Discovery
import Settings

/// What it costs to match services with templates, render and hash them.
func matchingBenchmarks() throws {
    Report.heading("Matching and rendering")
    let count = 10_000
    let list = Fixtures.services(count)
    Report.time(
        "\(count), never seen before",
        try Measurement(prepare: makeMatcher) { $0.match(list, source: "catalog") },
        per: count,
        "service"
    )
    let matcher = try makeMatcher()
    keep(matcher.match(list, source: "catalog"))
    Report.time(
        "\(count), fresh equal services",
        Measurement(prepare: { Fixtures.services(count) }, run: { matcher.match($0, source: "catalog") }),
        per: count,
        "service"
    )
    var round = 0
    Report.time(
        "\(count), fresh services, 1 % changed",
        Measurement(
            prepare: {
                round += 1
                return Fixtures.services(count) { $0 % 100 == 50 ? round : 0 }
            },
            run: { matcher.match($0, source: "catalog") }
        ),
        per: count,
        "service"
    )
}

private func makeMatcher() throws -> ServiceMatcher {
    let block = """
        name: pg
        match: {tags: [postgres], labels: {env: 'prod.*|staging'}}
        labels: {team: "${label.team:-none}"}
        postgres: {user: monitor, database: "${option.database:-postgres}", password: secret, host: "${service.address}"}
        """
    let problems = ProblemList()
    let template = ExporterTemplate(
        block: try SettingsDocument.parse(block, file: "benchmark"),
        name: "pg",
        kind: "postgres",
        secretKeys: ["password"],
        problems: problems
    )
    try problems.throwIfAny()
    return try ServiceMatcher(templates: [template], key: InstallationKey())
}
