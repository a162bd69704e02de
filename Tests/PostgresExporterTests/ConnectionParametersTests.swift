import Settings
import Testing

@testable import PostgresExporter

@Suite struct ConnectionParametersTests {
    private func values(
        _ configuration: PostgresConfiguration,
        address: String? = "10.0.0.5",
        hasForeignPassword: Bool = false
    ) -> [String: String] {
        let parameters = ConnectionParameters(
            configuration,
            address: address,
            hasForeignPassword: hasForeignPassword
        )
        return Dictionary(parameters.parameters.map { ($0.keyword, $0.value) }) { first, _ in first }
    }

    @Test func valuesArriveAsTheyAre() {
        let password = "a&b'c d#%41\\host=evil sslmode=disable"
        let configuration = PostgresConfiguration(
            host: "db.example",
            port: 6543,
            user: "it's me",
            password: Secret(password),
            database: "with space & more",
            sslMode: .verifyFull
        )
        let values = values(configuration)
        #expect(values["password"] == password)
        #expect(values["user"] == "it's me")
        #expect(values["dbname"] == "with space & more")
        #expect(values["host"] == "db.example")
        #expect(values["hostaddr"] == "10.0.0.5")
        #expect(values["port"] == "6543")
        #expect(values["sslmode"] == "verify-full")
        #expect(values["application_name"] == "muster")
        #expect(values["gssencmode"] == "disable")
    }

    @Test func unixSocketsHaveNoAddress() {
        let values = values(PostgresConfiguration(host: "/run/postgresql"), address: nil)
        #expect(values["host"] == "/run/postgresql")
        #expect(values["hostaddr"] == nil)
    }

    @Test func theEnvironmentsPasswordIsNotSentToServersWithoutOne() {
        #expect(values(PostgresConfiguration(host: "h"))["password"] == nil)
        #expect(values(PostgresConfiguration(host: "h"), hasForeignPassword: true)["password"] != nil)
        let own = PostgresConfiguration(host: "h", password: Secret("mine"))
        #expect(values(own, hasForeignPassword: true)["password"] == "mine")
    }

    @Test func arraysAreEndedByNil() {
        let parameters = ConnectionParameters(
            PostgresConfiguration(host: "h"),
            address: nil
        )
        let count = parameters.parameters.count
        parameters.withArrays { keywords, values in
            #expect(keywords[count] == nil)
            #expect(values[count] == nil)
            #expect(keywords[0].map { String(cString: $0) } == "host")
            #expect(values[0].map { String(cString: $0) } == "h")
        }
    }
}
