import Discovery
import Dispatching

/// What it costs to find out what changed in a list of services.
func dispatchingBenchmarks() {
    Report.heading("Diff of a list of services")
    for count in [1_000, 10_000, 100_000] {
        let list = Fixtures.matched(count)
        diff("\(count), the same objects", count) { _ in list }
        diff("\(count), the same objects, 1 % changed", count, budget: 250) { round in
            Fixtures.changing(list, version: round) { $0 % 100 == 50 }
        }
        diff("\(count), fresh equal objects", count, budget: 250) { _ in Fixtures.matched(count) }
        diff("\(count), fresh objects, 1 % changed", count, budget: 250) { round in
            Fixtures.matched(count) { $0 % 100 == 50 ? round : 0 }
        }
    }
}

private func diff(_ title: String, _ count: Int, budget: Double? = nil, list: (Int) -> [MatchedService]) {
    var now = Duration.seconds(1_000)
    var table = ServiceTable(configuration: DispatcherConfiguration(), sources: ["catalog"])
    settle(&table, table.pollSucceeded(0, list(0), at: now), at: now)
    var round = 0
    let measurement = Measurement(
        rounds: max(9, 20_000 / count),
        prepare: {
            round += 1
            now += .seconds(30)
            return list(round)
        },
        run: { list in table.pollSucceeded(0, list, at: now) },
        finish: { actions in settle(&table, actions, at: now) }
    )
    Report.time(title, measurement, per: count, "service", budget: budget)
}

/// Reports every exporter that is to be opened as opened and every one that is to be closed as closed.
private func settle(_ table: inout ServiceTable, _ actions: [TableAction], at now: Duration) {
    for action in actions {
        switch action {
        case .register(let registration):
            settle(&table, table.registered(registration.generation, at: now), at: now)
        case .unregister(let unregistration):
            settle(&table, table.unregistered(unregistration.generation, at: now), at: now)
        default: break
        }
    }
}
