import Testing

@testable import PostgresClient

@Suite struct PostgresParametersTests {
    private func values(
        _ parameters: PostgresParameters,
        address: String? = "10.0.0.5",
        hasForeignPassword: Bool = false
    ) -> [String: String] {
        let keywords = parameters.keywords(address: address, hasForeignPassword: hasForeignPassword)
        return Dictionary(keywords.map { ($0.keyword, $0.value) }) { first, _ in first }
    }

    @Test func valuesArriveAsTheyAre() {
        let password = "a&b'c d#%41\\host=evil sslmode=disable"
        let parameters = PostgresParameters(
            host: "db.example",
            port: 6543,
            user: "it's me",
            password: password,
            database: "with space & more",
            sslMode: .verifyFull
        )
        let values = values(parameters)
        #expect(values["password"] == password)
        #expect(values["user"] == "it's me")
        #expect(values["dbname"] == "with space & more")
        #expect(values["host"] == "db.example")
        #expect(values["hostaddr"] == "10.0.0.5")
        #expect(values["port"] == "6543")
        #expect(values["sslmode"] == "verify-full")
        #expect(values["application_name"] == "muster")
        #expect(values["gssencmode"] == "disable")
        #expect(values["target_session_attrs"] == "any")
    }

    @Test func unixSocketsHaveNoAddress() {
        let values = values(PostgresParameters(host: "/run/postgresql"), address: nil)
        #expect(values["host"] == "/run/postgresql")
        #expect(values["hostaddr"] == nil)
    }

    @Test func whatIsNotConfiguredIsLeftToLibpq() {
        let values = values(PostgresParameters(host: "h", user: ""))
        #expect(values["user"] == nil && values["dbname"] == nil && values["sslrootcert"] == nil)
    }

    @Test func theEnvironmentsPasswordIsNotSentToServersWithoutOne() {
        #expect(values(PostgresParameters(host: "h"))["password"] == nil)
        #expect(values(PostgresParameters(host: "h"), hasForeignPassword: true)["password"] != nil)
        let own = PostgresParameters(host: "h", password: "mine")
        #expect(values(own, hasForeignPassword: true)["password"] == "mine")
    }

    @Test(arguments: [
        ("10.0.0.5", "10.0.0.5:5432"), ("::1", "[::1]:5432"), ("/run/postgresql", "/run/postgresql:5432"),
    ])
    func endpointsAreReadable(host: String, endpoint: String) {
        #expect(PostgresParameters(host: host).endpoint == endpoint)
    }

    @Test func arraysForLibpqAreEndedByNil() {
        CStrings.with(["host", nil]) { texts in
            #expect(texts[0].map { String(cString: $0) } == "host")
            #expect(texts[1] == nil)
            #expect(texts[2] == nil)
        }
    }
}
