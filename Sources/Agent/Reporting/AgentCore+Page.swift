import Discovery
import Dispatching
import ExporterKit
import Exposition

extension AgentCore {
    /// Everything that a page shows: what services gave, then what the agent says of them and of itself.
    func sections(_ filter: ServiceFilter) -> [PageSection] {
        let status = dispatcher.status()
        let services =
            filter.isEmpty
            ? status.services
            : status.services.filter {
                filter.accepts(service: $0.service.service.name, hash: ($0.liveHash ?? $0.service.hash).description)
            }
        var families = SelfFamilies.services(services, vitals: store.vitals())
        var sections = store.sections()
        if filter.isEmpty {
            families += metrics.families()
        } else {
            let keys = Set(services.map(\.service.key.description))
            sections = sections.filter { keys.contains($0.id) }
        }
        let own = SnapshotEncoder(labels: [:]).encode(families)
        if filter.isEmpty { pages.left(out: own.problems) }
        return sections + [PageSection(id: "muster", labels: [:], families: own.families)]
    }
}
