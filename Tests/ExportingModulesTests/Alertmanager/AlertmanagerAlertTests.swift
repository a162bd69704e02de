import ExportingModules
import Exposition
import Foundation
import Testing

@testable import ExportingModules

@Suite("Alerts as Alertmanager knows them")
struct AlertmanagerAlertTests {
    private let form = AlertmanagerAlert.Form(
        name: "A",
        agent: "ag",
        labels: ["severity": "page"],
        generatorURL: "http://m/"
    )

    @Test("Labels say which alert it is, annotations what changes")
    func fields() throws {
        let alert = AlertmanagerAlert(Records.alert, form: form)
        #expect(
            alert.labels == [
                "agent": "ag", "alertname": "A", "db": "orders", "service": "orders-db", "severity": "page",
                "stat": "connections", "status": "UP_ALERT",
            ]
        )
        #expect(
            alert.annotations == [
                "value": "90", "probability": "3e-07", "threshold": "60.5", "drift": "50", "id": "17-up-00ff",
                "confidence": "normal",
                "summary": "connections{db=\"orders\"} of orders-db is unusually high: 90 is above the threshold 60.5",
            ]
        )
        #expect(alert.start == 1_790_000_000_000)
        #expect(alert.end == nil)
    }

    @Test("Labels that are taken become exported_, names are made plain, and empty values are left out")
    func clashes() {
        var news = Records.alert
        news.labels = [
            "alertname": "x", "stat": "y", "severity": "low", "a.b": "1", "empty": "", "9": "n", "agent": "own",
        ]
        news.service = ""
        let labels = AlertmanagerAlert(news, form: form).labels
        #expect(
            labels == [
                "_": "n", "a_b": "1", "agent": "own", "alertname": "A", "exported_alertname": "x",
                "exported_severity": "low",
                "exported_stat": "y", "severity": "page", "stat": "connections", "status": "UP_ALERT",
            ]
        )
    }

    @Test("The JSON has the fields of the API, with an end of its own or an expiry")
    func json() throws {
        var news = Records.alert
        news.labels = ["k": "a\"b\\c\nd é, e=f"]
        news.status = .down
        news.threshold = nil
        var ended = news
        ended.state = .resolved
        ended.end = 1_790_000_060_000
        let alerts = [news, ended].map { AlertmanagerAlert($0, form: form) }
        let body = Data(AlertmanagerAlert.body(alerts, expiry: 1_790_000_240_000))
        let read = try JSONDecoder().decode([Posted].self, from: body)
        #expect(read.count == 2)
        #expect(read[0].labels["k"] == "a\"b\\c\nd é, e=f")
        #expect(read[0].labels["status"] == "DOWN_ALERT")
        #expect(read[0].startsAt == "2026-09-21T14:13:20.000Z")
        #expect(read[0].endsAt == "2026-09-21T14:17:20.000Z")
        #expect(read[1].endsAt == "2026-09-21T14:14:20.000Z")
        #expect(read[0].generatorURL == "http://m/")
        #expect(
            read[0].annotations["summary"]
                == "connections{k=\"a\\\"b\\\\c\\nd é, e=f\"} of orders-db is unusually low: 90"
        )
    }

    @Test("An end is never before the start")
    func ends() throws {
        var news = Records.alert
        news.end = news.start - 5000
        #expect(AlertmanagerAlert(news, form: form).end == news.start)
        news.end = nil
        let body = AlertmanagerAlert.body([AlertmanagerAlert(news, form: form)], expiry: 0)
        let read = try JSONDecoder().decode([Posted].self, from: Data(body))
        #expect(read[0].endsAt == read[0].startsAt)
        #expect(AlertmanagerAlert.body([], expiry: 0) == Array("[]".utf8))
    }

    struct Posted: Decodable {
        var labels: [String: String]
        var annotations: [String: String]
        var startsAt: String
        var endsAt: String
        var generatorURL: String?
    }
}

@Suite("The alerts that are told again")
struct AlertBookTests {
    @Test("What goes on is told for ever, its end for 15 minutes")
    func times() throws {
        var book = AlertBook()
        book.note(alert("a"), at: 0)
        book.note(alert("b"), at: 0)
        book.note(alert("b", end: 1000), at: 1000)
        #expect(due(&book, at: 900_999).map(\.labels["k"]) == ["a", "b"])
        #expect(due(&book, at: 900_999).map(\.end) == [nil, 1000])
        #expect(due(&book, at: 901_000).map(\.labels["k"]) == ["a"])
        #expect(due(&book, at: .max).count == 1)
        #expect(book.count == 1)
    }

    @Test("An alert that begins anew goes on")
    func again() throws {
        var book = AlertBook()
        book.note(alert("a", end: 5), at: 5)
        book.note(alert("a", start: 10), at: 10)
        #expect(due(&book, at: .max).map(\.end) == [nil])
        #expect(due(&book, at: .max).map(\.start) == [10])
        book.forget(alert("a"))
        #expect(due(&book, at: 0).isEmpty)
    }

    @Test("It is told in parts, and what is noted in between comes last")
    func parts() throws {
        var book = AlertBook()
        for name in ["a", "b", "c"] { book.note(alert(name), at: 0) }
        let found = book.due(at: 0, count: 2)
        let first = try #require(found)
        #expect(first.alerts.map(\.labels["k"]) == ["a", "b"])
        book.note(alert("a", end: 1), at: 1)
        let next = book.due(after: first.last, at: 1, count: 2)
        let second = try #require(next)
        #expect(second.alerts.map(\.labels["k"]) == ["c", "a"])
        let untilThen = book.due(after: first.last, through: 3, at: 1)
        #expect(untilThen?.alerts.map { $0.labels["k"] } == ["c"])
        let end = book.due(after: second.last, at: 1)
        #expect(end == nil)
    }

    @Test("The book is bounded: what is over gives way, then what is oldest")
    func bound() throws {
        var book = AlertBook(limit: 3)
        book.note(alert("a"), at: 0)
        book.note(alert("b", end: 0), at: 0)
        book.note(alert("c"), at: 0)
        book.note(alert("d"), at: 0)
        #expect(due(&book, at: 0).map(\.labels["k"]) == ["a", "c", "d"])
        book.note(alert("e"), at: 0)
        #expect(due(&book, at: 0).map(\.labels["k"]) == ["c", "d", "e"])
        book.note(alert("c", start: 9), at: 0)
        #expect(book.count == 3)
    }

    private func due(_ book: inout AlertBook, at time: Int64) -> [AlertmanagerAlert] {
        book.due(at: time)?.alerts ?? []
    }

    private func alert(_ name: String, start: Int64 = 0, end: Int64? = nil) -> AlertmanagerAlert {
        let news = Alert(
            id: name,
            state: end == nil ? .firing : .resolved,
            status: .up,
            stat: "s",
            labels: ["k": name],
            value: 1,
            probability: 0,
            start: start,
            end: end
        )
        return AlertmanagerAlert(news, form: .init(name: "A", agent: "", labels: [:], generatorURL: ""))
    }
}
