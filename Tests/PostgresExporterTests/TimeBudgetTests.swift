import Testing

@testable import PostgresExporter

@Suite struct TimeBudgetTests {
    @Test func aCollectionEndsBeforeItsHostCancelsItAndAQueryBeforeThat() {
        for timeout in [Duration.milliseconds(100), .seconds(1), .seconds(10), .seconds(300)] {
            let budget = TimeBudget(timeout: timeout)
            #expect(budget.collection < timeout)
            #expect(budget.statement < budget.collection)
            #expect(budget.statement(timeout * 2) < budget.collection)
            #expect(timeout - budget.collection <= .milliseconds(500))
        }
    }

    @Test func whatIsConfiguredCountsWhileItFits() {
        #expect(TimeBudget(timeout: .seconds(10), statementTimeout: .seconds(2)).statement == .seconds(2))
        #expect(TimeBudget(timeout: .seconds(10), statementTimeout: .seconds(60)).statement < .seconds(10))
        #expect(TimeBudget(timeout: .seconds(10)).statement(.milliseconds(50)) == .milliseconds(50))
    }
}
