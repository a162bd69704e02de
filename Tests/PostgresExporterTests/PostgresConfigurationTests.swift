import PostgresClient
import Settings
import Testing

@testable import PostgresExporter

@Suite struct PostgresConfigurationTests {
    @Test func everyPartReachesTheConnection() {
        var configuration = PostgresConfiguration(
            host: "db.example",
            port: 6543,
            user: "monitor",
            password: Secret("s3cret"),
            database: "orders",
            sslMode: .verifyCA
        )
        configuration.sslRootCertificate = "/root.crt"
        configuration.sslCertificate = "/own.crt"
        configuration.sslKey = "/own.key"
        configuration.applicationName = "watch"
        let parameters = configuration.parameters
        #expect(parameters.host == "db.example" && parameters.port == 6543)
        #expect(parameters.user == "monitor" && parameters.password == "s3cret")
        #expect(parameters.database == "orders" && parameters.sslMode == .verifyCA)
        #expect(parameters.sslRootCertificate == "/root.crt")
        #expect(parameters.sslCertificate == "/own.crt" && parameters.sslKey == "/own.key")
        #expect(parameters.applicationName == "watch")
        #expect(configuration.endpoint == "db.example:6543")
    }
}
