import Discovery
import Dispatching

/// A consumer of a table's actions that opens and closes exporters at its own pace, and checks what it is asked for.
struct ConsumerModel {
    struct Exporter {
        var key: ServiceKey
        var service: MatchedService
    }

    /// Asked for, not reported.
    var opening: [UInt64: Exporter] = [:]
    /// Open, and not asked to be closed.
    var open: [UInt64: Exporter] = [:]
    /// Open, and asked to be closed.
    var closing: [UInt64: Exporter] = [:]
    var generations: Set<UInt64> = []
    var creates = 0
    var closes = 0
    /// The first rule that was broken.
    var problem: String?

    mutating func require(_ holds: Bool, _ problem: @autoclosure () -> String) {
        if !holds, self.problem == nil { self.problem = problem() }
    }

    mutating func take(_ actions: [TableAction]) {
        for action in actions {
            switch action {
            case .register(let registration): take(registration)
            case .update(let update):
                let known = open[update.generation]
                require(known != nil, "an update for g\(update.generation), which is not open")
                require(known?.service.hash == update.service.hash, "an update changes the hash")
                require(known?.service.isSame(as: update.service) == false, "an update that changes nothing")
                open[update.generation]?.service = update.service
            case .unregister(let unregistration):
                let exporter = open.removeValue(forKey: unregistration.generation)
                require(exporter != nil, "g\(unregistration.generation) is to be closed, but is not open")
                require(exporter?.key == unregistration.key, "the unregistration names another key")
                require(exporter?.service.hash == unregistration.hash, "the unregistration names another hash")
                closing[unregistration.generation] = exporter
            case .poll, .event: break
            }
        }
    }

    private mutating func take(_ registration: Registration) {
        let key = registration.service.key
        require(generations.insert(registration.generation).inserted, "a generation was used twice")
        require(!opening.values.contains { $0.key == key }, "\(key) was sent while in flight")
        require(!closing.values.contains { $0.key == key }, "\(key) was sent while an older one is being closed")
        let live = open.filter { $0.value.key == key }
        require(live.count <= 1, "\(key) has several open exporters")
        require(registration.replaces == live.first?.key, "\(key): the registration replaces another generation")
        // Register and unregister alternate for a hash: while one is open it is not opened again.
        require(live.first?.value.service.hash != registration.service.hash, "\(key): the same hash was sent twice")
        opening[registration.generation] = Exporter(key: key, service: registration.service)
    }

    /// To be called before the table is told.
    mutating func opened(_ generation: UInt64) {
        guard let exporter = opening.removeValue(forKey: generation) else { return }
        open[generation] = exporter
        creates += 1
    }

    mutating func failed(_ generation: UInt64) {
        opening[generation] = nil
    }

    mutating func closed(_ generation: UInt64) {
        guard closing.removeValue(forKey: generation) != nil else { return }
        closes += 1
    }

    /// What must hold after every step.
    mutating func check(_ keys: [ServiceKey]) {
        for key in keys {
            let open = open.values.count { $0.key == key }
            let all = open + closing.values.count { $0.key == key }
            require(open <= 1, "\(key) has \(open) live exporters")
            require(all <= 2, "\(key) has \(all) exporters open")
        }
    }
}
