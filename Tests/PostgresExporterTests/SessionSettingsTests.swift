import Testing

@testable import PostgresExporter

@Suite struct SessionSettingsTests {
    private let settings = SessionSettings(statementTimeout: .milliseconds(7600), encoding: "UTF8")

    @Test func theSessionIsReadOnlyAndBounded() {
        let statement = settings.sessionStatement
        #expect(statement.contains("set_config('default_transaction_read_only', 'on', false)"))
        #expect(statement.contains("set_config('statement_timeout', '7600', false)"))
        #expect(statement.contains("set_config('TimeZone', 'UTC', false)"))
    }

    @Test func aTransactionLeavesNothingBehind() {
        let mode = ServerConnection.SimpleMode.transactions(settings)
        let text = ServerConnection.text(of: Statement(sql: "SELECT 1 -- x", timeout: .milliseconds(50)), mode)
        #expect(text.hasPrefix("BEGIN READ ONLY;SET LOCAL statement_timeout = '50';"))
        #expect(text.hasSuffix("\nSELECT 1 -- x\n;COMMIT"))
        #expect(!text.contains("SET SESSION"))
        #expect(ServerConnection.text(of: Statement(sql: "SHOW LISTS"), .plain) == "SHOW LISTS")
    }

    @Test(
        arguments: [
            (.zero, 1), (.nanoseconds(1), 1), (.milliseconds(250), 250), (.seconds(10), 10_000),
            (.seconds(Int64.max), 2_147_483_647),
        ] as [(Duration, Int64)]
    )
    func timeoutsAreWholeMillisecondsAndNeverNone(duration: Duration, milliseconds: Int64) {
        #expect(SessionSettings.milliseconds(duration) == milliseconds)
    }
}
