import ExportingModules
import Testing

@testable import SQLModule

@Suite("The configuration of the sql module")
struct SQLSettingsTests {
    @Test("It is added to a catalogue, and made with the settings of each driver")
    func catalogue() throws {
        var catalogue = ModuleCatalogue.standard
        try catalogue.add(SQLModule.self)
        let module = try catalogue.make("sql", settings: ["sql.driver": .text("sqlite"), "sql.path": .text("x.db")])
        #expect(module.takes == [.samples, .alerts])
        #expect(module.batchSize == 5000)
        _ = try catalogue.make(
            "sql",
            settings: [
                "sql.driver": .text("postgresql"), "sql.host": .text("::1"), "sql.password": .text("x"),
                "sql.schema": .text("odd \"name\""), "sql.data": .bool(false),
            ]
        )
    }

    @Test(
        "Settings that do not go together are refused, and the right one is named",
        arguments: [
            ("sql.driver", [:]), ("sql.path", ["sql.driver": .text("sqlite")]),
            ("sql.path", ["sql.driver": .text("postgresql"), "sql.path": .text("x")]),
            ("sql.host", ["sql.driver": .text("sqlite"), "sql.path": .text("x"), "sql.host": .text("h")]),
            ("sql.password", ["sql.driver": .text("sqlite"), "sql.path": .text("x"), "sql.password": .text("h")]),
            ("sql.schema", ["sql.driver": .text("postgresql"), "sql.schema": .text("")]),
            (
                "sql.samples_table",
                ["sql.driver": .text("postgresql"), "sql.samples_table": .text(String(repeating: "x", count: 41))]
            ),
            (
                "sql.alerts_table",
                ["sql.driver": .text("postgresql"), "sql.alerts_table": .text("Muster_Samples_View")]
            ),
            ("sql.alerts_table", ["sql.driver": .text("postgresql"), "sql.alerts_table": .text("a\0b")]),
            ("sql.data", ["sql.driver": .text("postgresql"), "sql.data": .bool(false), "sql.alarm": .bool(false)]),
        ] as [(String, [String: ModuleValue])]
    )
    func refuses(parameter: String, settings: [String: ModuleValue]) {
        let error = #expect(throws: ModuleConfigurationError.self) {
            _ = try SQLModule(configuration: ModuleConfiguration(of: SQLModule.self, settings: settings))
        }
        #expect(error?.problems.first?.parameter == parameter)
    }

    @Test("Names of tables are quoted, with their schema if there is one")
    func names() {
        let plain = SQLNames(schema: nil, samplesTable: "a", alertsTable: "b")
        #expect(plain.view == "\"a_view\"")
        let odd = SQLNames(schema: "s\"x", samplesTable: "a b", alertsTable: "b")
        #expect(odd.series == "\"s\"\"x\".\"a b_series\"")
    }
}
