import Discovery
import Dispatching
import TestSupport

/// One random run of a table: lists, errors, slow and failing setups and closes, and time, in any order.
struct RandomSchedule {
    private var random: SeededGenerator
    private var table: ServiceTable
    private var lists: ListModel
    private var consumer = ConsumerModel()
    private var now: Duration = .seconds(1000)
    /// What each source would report.
    private var truth: [[MatchedService]]
    private var isShutDown = false
    /// The steps, written down only when a failure is replayed.
    private var trace: [String]?

    private static let names = ["a", "b", "c", "d"]
    private static let keys = names.map { key($0) }
    private static let sourceNames = ["s0", "s1"]

    private init(seed: UInt64, isTraced: Bool) {
        trace = isTraced ? [] : nil
        random = SeededGenerator(seed: seed)
        let configuration = DispatcherConfiguration(
            keepStale: .seconds([30, 60].randomElement(using: &random) ?? 30),
            maximumRemoval: [0, 0.5, 1].randomElement(using: &random) ?? 0,
            hold: .seconds([0, 20].randomElement(using: &random) ?? 0),
            grace: .seconds([0, 15].randomElement(using: &random) ?? 0),
            backoff: Backoff(initial: .seconds(2), maximum: .seconds(16)),
            seed: seed
        )
        table = ServiceTable(configuration: configuration, sources: Self.sourceNames)
        lists = ListModel(configuration: configuration, sources: Self.sourceNames.count)
        truth = Self.sourceNames.map { _ in [] }
    }

    /// Runs a schedule.
    ///
    /// - Returns: The first rule that was broken, with the steps that led there; nil if none was.
    static func run(seed: UInt64) -> String? {
        run(seed: seed, isTraced: false) == nil ? nil : run(seed: seed, isTraced: true)
    }

    private static func run(seed: UInt64, isTraced: Bool) -> String? {
        var schedule = RandomSchedule(seed: seed, isTraced: isTraced)
        let steps = Int.random(in: 5...25, using: &schedule.random)
        for _ in 0..<steps where schedule.consumer.problem == nil {
            schedule.step()
            schedule.check()
        }
        if !schedule.isShutDown { schedule.quiesce() }
        schedule.finish()
        return schedule.consumer.problem.map { ([$0] + (schedule.trace ?? [])).joined(separator: "\n  ") }
    }

    private mutating func step() {
        let source = Int.random(in: 0..<2, using: &random)
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<25:
            change(source)
            poll(source)
        case 25..<35: fail(source)
        case 35..<60: reportOpening(succeeds: Int.random(in: 0..<3, using: &random) > 0)
        case 60..<75: reportClosing()
        case 75..<92: advance()
        case 92..<95: confirm()
        case 95..<99: reportNonsense()
        default: shutDown()
        }
    }

    /// Checks everything that must hold between two steps.
    private mutating func check() {
        consumer.check(Self.keys)
        let status = table.status(at: now)
        let held = status.sources.map(\.heldRemovals).reduce(0, +)
        consumer.require(held == lists.heldCount, "\(held) are held, not \(lists.heldCount)")
        for source in status.sources where source.heldRemovals > 0 {
            let isComing = source.heldUntil.map { $0 <= now || (table.nextDeadline ?? .seconds(1 << 40)) <= $0 }
            consumer.require(isComing == true, "a hold ends, and no deadline says so")
        }
        let services = Dictionary(status.services.map { ($0.service.key, $0) }) { first, _ in first }
        consumer.require(services.count == status.services.count, "a key stands twice in the status")
        for key in Self.keys { check(key, services[key]) }
        let isIdle = consumer.open.isEmpty && consumer.opening.isEmpty && consumer.closing.isEmpty
        consumer.require(table.isDrained == isIdle, "isDrained is \(table.isDrained)")
    }

    private mutating func check(_ key: ServiceKey, _ status: DispatcherStatus.Service?) {
        let live = consumer.open.first { $0.value.key == key }
        let isOpening = consumer.opening.values.contains { $0.key == key }
        let isClosing = consumer.closing.values.contains { $0.key == key }
        consumer.require(status?.generation == live?.key, "\(key): the status names another live generation")
        guard let wanted = lists.wanted(key) else {
            consumer.require(live == nil, "\(key) is not wanted, but open")
            consumer.require((status != nil) == (isOpening || isClosing), "\(key): the status leaks or hides it")
            return
        }
        consumer.require(status?.service.isSame(as: wanted) == true, "\(key): the status shows something else")
        if let live, live.value.service.hash == wanted.hash {
            consumer.require(live.value.service.isSame(as: wanted), "\(key): the exporter missed an update")
            return
        }
        if isOpening || isClosing { return }
        consumer.require(status?.lastError != nil, "\(key) has neither an exporter nor an error")
        guard let next = status?.nextAttempt else {
            consumer.require(false, "\(key) has neither an exporter nor a next attempt")
            return
        }
        consumer.require(table.nextDeadline.map { $0 <= next } == true, "\(key) waits, and no deadline says so")
    }

    // MARK: Steps

    /// Changes what a source would report: rarely much at once.
    private mutating func change(_ source: Int) {
        if Int.random(in: 0..<12, using: &random) == 0 { truth[source] = [] }
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let hash = ["1", "1", "2", "3"].randomElement(using: &random) ?? ""
            let labels = Bool.random(using: &random) ? [:] : ["env": "x"]
            let name = Self.names.randomElement(using: &random) ?? ""
            let place = truth[source].firstIndex { $0.key.name == name }
            switch (place, Int.random(in: 0..<5, using: &random)) {
            case (let place?, 0...1): truth[source].remove(at: place)
            case (let place?, 2...3):
                truth[source][place] = service(name, hash, labels: labels, source: Self.sourceNames[source])
            case (_?, _): truth[source].shuffle(using: &random)
            case (nil, _): truth[source].append(service(name, hash, labels: labels, source: Self.sourceNames[source]))
            }
        }
    }

    private mutating func poll(_ source: Int) {
        var list = truth[source]
        // Equal services come as the same objects, or as other ones.
        if Bool.random(using: &random) {
            list = list.map {
                service($0.key.name, $0.hash.description, labels: $0.labels, source: Self.sourceNames[source])
            }
        }
        if let name = list.randomElement(using: &random)?.key.name, Int.random(in: 0..<10, using: &random) == 0 {
            list.append(service(name, "duplicate", source: Self.sourceNames[source]))
        }
        trace?.append(
            "\(now) poll \(source): \(list.map { "\($0.key.name).\($0.hash)\($0.labels.isEmpty ? "" : "+")" })"
        )
        table.pollStarted(source, at: now)
        if !isShutDown { lists.succeed(source, list, at: now) }
        take(table.pollSucceeded(source, list, at: now))
    }

    private mutating func fail(_ source: Int) {
        trace?.append("\(now) failed poll \(source)")
        if !isShutDown { lists.fail(source) }
        let actions = table.pollFailed(source, error: "no route", at: now)
        consumer.require(actions.brief.isEmpty, "a failed poll did \(actions.brief)")
        take(actions)
    }

    private mutating func reportOpening(succeeds: Bool) {
        guard let generation = consumer.opening.keys.sorted().randomElement(using: &random) else { return }
        trace?.append("\(now) g\(generation) \(succeeds ? "registered" : "failed")")
        if succeeds {
            consumer.opened(generation)
            take(table.registered(generation, at: now))
        } else {
            consumer.failed(generation)
            take(table.registrationFailed(generation, error: "refused", at: now))
        }
    }

    private mutating func reportClosing() {
        guard let generation = consumer.closing.keys.sorted().randomElement(using: &random) else { return }
        trace?.append("\(now) g\(generation) closed")
        consumer.closed(generation)
        take(table.unregistered(generation, at: now))
    }

    /// Reports that say nothing: of generations that never were, are over, or stand elsewhere.
    private mutating func reportNonsense() {
        let generation = UInt64.random(in: 0...(UInt64(consumer.generations.count) + 2), using: &random)
        trace?.append("\(now) nonsense about g\(generation)")
        var actions: [TableAction] = []
        if consumer.opening[generation] == nil {
            actions += table.registered(generation, at: now)
            actions += table.registrationFailed(generation, error: "nonsense", at: now)
        }
        if consumer.closing[generation] == nil { actions += table.unregistered(generation, at: now) }
        consumer.require(actions.isEmpty, "nonsense about g\(generation) did \(actions.brief)")
    }

    private mutating func advance() {
        if let next = table.nextDeadline, next > now, Bool.random(using: &random) {
            now = next
        } else {
            now += .seconds(Int.random(in: 0...20, using: &random))
        }
        tick()
    }

    private mutating func tick() {
        lists.tick(at: now)
        let actions = table.tick(at: now)
        trace?.append("\(now) tick")
        consumer.require(table.nextDeadline.map { $0 > now } ?? true, "a tick left something due")
        take(actions)
        for source in Set(actions.polls).sorted() where Bool.random(using: &random) { poll(source) }
    }

    private mutating func confirm() {
        let held = lists.confirm()
        let result = table.confirmRemovals(at: now)
        trace?.append("\(now) confirm")
        consumer.require(result.count == held, "\(result.count) removals confirmed, not \(held)")
        take(result.actions)
    }

    private mutating func shutDown() {
        isShutDown = true
        lists.shutDown()
        let actions = table.shutDown(at: now)
        trace?.append("\(now) shutdown")
        take(actions)
    }

    private mutating func take(_ actions: [TableAction]) {
        trace?.append("-> \(actions.brief)")
        consumer.take(actions)
    }

    // MARK: The end

    /// Everything works from now on: then the exporters are what the sources report.
    private mutating func quiesce() {
        for _ in 0..<5 where consumer.problem == nil {
            for source in truth.indices { poll(source) }
            reportAll()
            now += .seconds(20)
            tick()
            reportAll()
            check()
        }
        consumer.require(consumer.opening.isEmpty && consumer.closing.isEmpty, "it does not come to rest")
        var expected: [ServiceKey: MatchedService] = [:]
        for service in truth.joined() where expected[service.key] == nil { expected[service.key] = service }
        consumer.require(consumer.open.count == expected.count, "exporters are not what the sources report")
        for exporter in consumer.open.values {
            let isRight = expected[exporter.key].map { $0.isSame(as: exporter.service) } == true
            consumer.require(isRight, "\(exporter.key): not what the first source reports")
        }
    }

    private mutating func reportAll() {
        while !consumer.opening.isEmpty || !consumer.closing.isEmpty {
            reportOpening(succeeds: true)
            reportClosing()
        }
    }

    private mutating func finish() {
        if !isShutDown { shutDown() }
        check()
        while !consumer.opening.isEmpty || !consumer.closing.isEmpty {
            reportOpening(succeeds: Bool.random(using: &random))
            reportClosing()
            check()
        }
        consumer.require(table.isDrained, "not drained after the shutdown")
        consumer.require(table.status(at: now).services.isEmpty, "services are left after the shutdown")
        consumer.require(consumer.open.isEmpty, "exporters are left after the shutdown")
        let (creates, closes) = (consumer.creates, consumer.closes)
        consumer.require(creates == closes, "\(creates) opened, \(closes) closed")
        consumer.require(table.nextDeadline == nil, "deadlines are left after the shutdown")
    }
}
