import ExportingModules
import Testing

@Suite("The answer to a delivery")
struct DeliveryTests {
    @Test("It says for each record what has become of it, and the counts add up")
    func counts() {
        let delivery = Delivery(
            count: 5,
            .accepted,
            exceptions: [1: .retry(after: .seconds(3), reason: "busy"), 3: .rejected(reason: "too old"), 4: .accepted]
        )
        #expect((0..<5).map { delivery[$0] == .accepted } == [true, false, true, false, true])
        #expect(delivery.acceptedCount == 3)
        #expect(delivery.retryCount == 1)
        #expect(delivery.rejectedCount == 1)
    }

    @Test("Exceptions outside the batch do not count")
    func outside() {
        let delivery = Delivery(
            count: 2,
            .retry(after: nil, reason: "busy"),
            exceptions: [-1: .accepted, 2: .accepted, 1: .accepted]
        )
        #expect(delivery.acceptedCount == 1)
        #expect(delivery.retryCount == 1)
        #expect(Delivery(count: -3, .accepted).count == 0)
    }

    @Test(
        "An impossible probability of an alert becomes a possible one",
        arguments: [(Double.nan, 0.0), (-1, 0), (7, 1)]
    )
    func probability(given: Double, kept: Double) {
        let alert = Alert(id: "a", state: .firing, status: .down, stat: "s", value: 1, probability: given, start: 0)
        #expect(alert.probability == kept)
        #expect(alert.code == -1)
    }
}
