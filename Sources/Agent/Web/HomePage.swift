import Foundation

/// The page for people: what is monitored, what is not, and why. Plain HTML, no script.
struct HomePage {
    let report: AgentReport

    func render() -> String {
        let up = report.services.count { $0.collection?.up == true && $0.state != "backing_off" }
        let title = report.services.isEmpty ? "nothing to monitor" : "\(up) of \(report.services.count) services up"
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <meta http-equiv="refresh" content="15"><title>Muster: \(title)</title><style>\(Self.style)</style></head><body>
            <h1>Muster</h1>
            <p><strong>\(title.escaped)</strong> on \(report.agent.escaped), version \(report.version.escaped), at \
            \(Self.time(report.time)).
            <a href="/metrics">metrics</a> <a href="/api/v1/services">services</a> <a href="/api/v1/sources">sources</a>
            <a href="/api/v1/history">history</a> <a href="/api/v1/modules">modules</a> <a href="/api/v1/alerts">alerts</a></p>
            \(alerts)
            \(sources)
            \(services)
            \(unmatched)
            \(modules)
            </body></html>

            """
    }

    private var services: String {
        guard !report.services.isEmpty else {
            return "<h2>Services</h2><p>No service matches an exporter template.</p>"
        }
        let shown = report.services.prefix(Self.maximumRows)
        let rows = shown.map { service -> String in
            let isUp = service.collection?.up == true && service.state != "backing_off"
            let endpoint = service.address + (service.port.map { ":\($0)" } ?? "")
            let cells = [
                "<td class=\"\(isUp ? "up" : "down")\">\(isUp ? "up" : "down")</td>",
                "<td><a href=\"/metrics?hash=\(service.hash.escaped)\">\(service.name.escaped)</a></td>",
                "<td>\(endpoint.escaped)</td>",
                "<td>\(service.exporter.escaped)</td>",
                "<td>\(Self.words(service.state).escaped)\(service.isHeld ? ", removal held" : "")</td>",
                "<td class=\"n\">\(service.collection.map { "\($0.samples)" } ?? "")</td>",
                "<td class=\"n\">\(service.collection?.lastDurationSeconds.map(Self.seconds) ?? "")</td>",
                "<td>\(remark(service).escaped)</td>",
            ]
            return "<tr>\(cells.joined())</tr>"
        }
        let left = report.services.count - shown.count
        return """
            <h2>Services</h2>
            <table><tr><th></th><th>service</th><th>address</th><th>exporter</th><th>state</th><th>samples</th><th>took</th>\
            <th>what is wrong</th></tr>
            \(rows.joined(separator: "\n"))
            </table>
            \(left > 0 ? "<p>and \(left) more: see <a href=\"/api/v1/services\">all of them</a></p>" : "")
            """
    }

    private func remark(_ service: ServiceReport) -> String {
        var remarks: [String] = []
        if let error = service.setupError {
            let next = service.nextAttempt.map { ", next attempt in \(max(0, Int($0 - report.time))) s" } ?? ""
            remarks.append("\(error) (attempt \(service.attempts)\(next))")
        }
        if let collection = service.collection {
            // When a server is gone every part fails for the same reason: once is enough.
            var told: Set<String> = []
            let parts = collection.failingParts.sorted { $0.key < $1.key }.filter { told.insert($0.value).inserted }
            let shown = parts.prefix(3).map { "\($0.key): \($0.value)" }
            if let error = collection.lastError, parts.isEmpty { remarks.append(error) }
            remarks += shown
            let left = collection.failingParts.count - shown.count
            if left > 0 { remarks.append("\(left) more") }
            let dropped = collection.droppedSamples.reduce(0) { $0 + $1.count }
            if dropped > 0 { remarks.append("\(dropped) samples left out") }
        }
        return remarks.joined(separator: "; ")
    }

    private var unmatched: String {
        guard !report.unmatched.isEmpty else { return "" }
        let rows = report.unmatched.prefix(Self.maximumRows).map {
            "<tr><td>\($0.name.escaped)</td><td>\($0.address.escaped)\($0.port.map { ":\($0)" } ?? "")</td>"
                + "<td>\($0.source.escaped)</td><td>\($0.tags.joined(separator: " ").escaped)</td>"
                + "<td>\($0.reason.escaped)</td></tr>"
        }
        return """
            <h2>Not monitored</h2>
            <table><tr><th>service</th><th>address</th><th>source</th><th>tags</th><th>why</th></tr>
            \(rows.joined(separator: "\n"))
            </table>
            """
    }

    private var sources: String {
        let rows = report.sources.map { source -> String in
            var remarks = source.problems.prefix(20).map(\.escaped)
            if let error = source.lastError { remarks.insert(error.escaped, at: 0) }
            if source.heldRemovals > 0 {
                remarks.insert(
                    "\(source.heldRemovals) removals held\(source.heldUntil.map { " until \(Self.time($0))" } ?? "")",
                    at: 0
                )
            }
            let isFailing = source.consecutiveFailures > 0
            return "<tr><td class=\"\(isFailing ? "down" : "up")\">\(isFailing ? "failing" : "ok")</td>"
                + "<td>\(source.name.escaped)</td><td class=\"n\">\(source.services)</td>"
                + "<td>\(source.ageSeconds.map { Self.seconds($0) + " ago" } ?? "never")</td>"
                + "<td>\(remarks.joined(separator: "<br>"))</td></tr>"
        }
        return """
            <h2>Sources</h2>
            <table><tr><th></th><th>source</th><th>services</th><th>last answer</th><th>what is wrong</th></tr>
            \(rows.joined(separator: "\n"))
            </table>
            """
    }

    static let maximumRows = 2_000

    private static let style = """
        body{font:14px/1.4 system-ui,sans-serif;margin:2em;color:#222;background:#fff}h1{margin:0}h2{margin:1.5em 0 .3em}
        table{border-collapse:collapse}th,td{text-align:left;padding:.2em .8em .2em 0;vertical-align:top;\
        border-bottom:1px solid #ddd}td.n{text-align:right}.up{color:#075}.down{color:#b00;font-weight:bold}
        a{margin-right:.6em}
        """

    static func words(_ state: String) -> String { state.replacing("_", with: " ") }

    static func seconds(_ value: Double) -> String {
        if value < 1 { return "\(Int((value * 1000).rounded())) ms" }
        return value < 100 ? "\((value * 10).rounded() / 10) s" : "\(Int(clamping: Int64(value))) s"
    }

    static func time(_ seconds: Double) -> String {
        Date(timeIntervalSince1970: seconds).formatted(.iso8601)
    }
}
