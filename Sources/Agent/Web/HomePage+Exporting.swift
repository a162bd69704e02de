import Analysis
import Exposition

/// What leaves the agent: alerts and exporting modules.
extension HomePage {
    var alerts: String {
        guard !report.alerts.isEmpty else { return "" }
        let rows = report.alerts.prefix(Self.maximumRows).map { alert in
            let labels = alert.labels.labels.map { "\($0.name)=\"\($0.value)\"" }.joined(separator: ", ")
            return
                "<tr><td class=\"down\">\(alert.status.rawValue)</td><td>\(alert.stat.escaped){\(labels.escaped)}</td>"
                + "<td class=\"n\">\(alert.value)</td><td class=\"n\">\(alert.threshold.map { "\($0)" } ?? "")</td>"
                + "<td>\(Self.time(Double(alert.start) / 1000))</td></tr>"
        }
        return """
            <h2>Alerts that go on</h2>
            <table><tr><th></th><th>series</th><th>value</th><th>threshold</th><th>since</th></tr>
            \(rows.joined(separator: "\n"))
            </table>
            """
    }

    var modules: String {
        guard !report.modules.isEmpty else { return "" }
        let rows = report.modules.map { module -> String in
            // An error that a delivery has followed is over.
            let error = module.lastSuccess ?? 0 > module.lastErrorTime ?? 0 ? nil : module.lastError
            let isWell = error == nil && module.state == "running"
            let waiting = module.samples.backlog + module.alerts.backlog
            return "<tr><td class=\"\(isWell ? "up" : "down")\">\(Self.words(module.state).escaped)</td>"
                + "<td>\(module.name.escaped)</td><td>\(module.kind.escaped)</td>"
                + "<td class=\"n\">\(module.samples.delivered + module.alerts.delivered)</td><td class=\"n\">\(waiting)</td>"
                + "<td class=\"n\">\(module.samples.rejected + module.alerts.rejected)</td>"
                + "<td class=\"n\">\(module.samples.dropped.values.reduce(0, +))</td>"
                + "<td>\(module.lastSuccess.map { Self.seconds(max(0, report.time - $0)) + " ago" } ?? "never")</td>"
                + "<td>\((error ?? "").escaped)</td></tr>"
        }
        return """
            <h2>Exporting modules</h2>
            <table><tr><th></th><th>module</th><th>kind</th><th>delivered</th><th>waiting</th><th>rejected</th><th>dropped</th>\
            <th>last delivery</th><th>what is wrong</th></tr>
            \(rows.joined(separator: "\n"))
            </table>
            """
    }
}
