import ExportingModules
import Settings
import TestSupport
import Testing

@testable import Agent

@Suite struct ModulesCommandTests {
    @Test func everyModuleIsPrintedWithEveryParameter() throws {
        let text = try ModulesCommand().run()
        for name in BuiltInModules.catalogue.names {
            #expect(text.contains("  - name: \(name)\n"))
            for parameter in try #require(BuiltInModules.catalogue[name]).parameters {
                #expect(text.contains(parameter.usage), "\(parameter.name)")
            }
        }
    }

    @Test(arguments: BuiltInModules.catalogue.names)
    func whatIsPrintedIsAConfigurationThatOnlyLacksWhatHasToBeGiven(_ name: String) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            """
            discovery:
              sources:
              - name: local
                file: {paths: [services.yaml]}
            exporters:
            - name: machine
              match: {tags: [host]}
              host: {}

            """ + (try ModulesCommand(module: name).run()),
            to: "muster.yaml"
        )
        let required = try #require(BuiltInModules.catalogue[name]).parameters.filter(\.isRequired)
        for problem in CheckCommand(configurationFile: file).problems() {
            #expect(!problem.contains("unknown key"), "\(problem)")
            #expect(
                required.contains { problem.contains($0.name) } || problem.contains("\(name)."),
                "\(problem)"
            )
        }
    }

    @Test func anUnknownModuleIsAnErrorWithTheNearestName() {
        #expect(throws: AgentError.self) { try ModulesCommand(module: "consol").run() }
        do {
            _ = try ModulesCommand(module: "consol").run()
        } catch {
            #expect("\(error)".contains("did you mean console?"))
        }
    }
}
