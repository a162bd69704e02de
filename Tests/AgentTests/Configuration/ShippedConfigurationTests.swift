import Discovery
import Foundation
import Testing

@testable import Agent

@Suite struct ShippedConfigurationTests {
    private var file: String { Repository.path + "/config/muster.yaml" }

    @Test func theShippedConfigurationReadsClean() throws {
        let configuration = try AgentConfiguration.read(file: file, kinds: try BuiltInKinds().kinds)
        #expect(configuration.templates.map(\.template.name) == ["host", "sqlite", "postgres"])
        #expect(configuration.discovery.sources.map(\.name) == ["local"])
        #expect(configuration.web.address == "127.0.0.1:9877")
        #expect(configuration.state.directory == Repository.path + "/state")
    }

    @Test func checkFindsNothingInTheShippedConfiguration() {
        #expect(CheckCommand(configurationFile: file).problems() == [])
    }

    @Test func theConfigurationIsTheSameFromEveryWorkingDirectory() throws {
        let kinds = try BuiltInKinds().kinds
        let roundabout = Repository.path + "/Sources/../config/./muster.yaml"
        let configuration = try AgentConfiguration.read(file: roundabout, kinds: kinds)
        #expect(configuration.state.directory == Repository.path + "/state")
        #expect(configuration.templates.allSatisfy { $0.directory == Repository.path + "/config" })
    }
}
