import ExportingModules
import Testing

@Suite("The catalogue of modules")
struct ModuleCatalogueTests {
    @Test("It makes the modules of the library by name")
    func standard() throws {
        let catalogue = ModuleCatalogue.standard
        #expect(Set(catalogue.names).isSuperset(of: ["console", "file", "graphite", "socket"]))
        let module = try catalogue.make("console", settings: ["console.data": .bool(true)])
        #expect(module.takes == [.samples, .alerts])
        #expect(catalogue["file"] != nil)
    }

    @Test("The modules of the library keep its rules")
    func rules() throws {
        var catalogue = ModuleCatalogue()
        for name in ModuleCatalogue.standard.names {
            try catalogue.add(#require(ModuleCatalogue.standard[name]))
        }
        #expect(catalogue.names == ModuleCatalogue.standard.names)
        for module in catalogue.names.compactMap({ catalogue[$0] }) {
            for parameter in module.parameters {
                #expect(parameter.usage.hasSuffix("."))
                #expect(!parameter.type.isEmpty)
            }
        }
    }

    @Test("An unknown name is an error with the nearest known one")
    func unknown() {
        let error = #expect(throws: ModuleConfigurationError.self) {
            _ = try ModuleCatalogue.standard.make("consle", settings: [:])
        }
        #expect(error?.description == "consle: there is no such module; did you mean console?")
    }

    @Test("A module of one's own is added and used")
    func own() async throws {
        var catalogue = ModuleCatalogue.standard
        try catalogue.add(CountingModule.self)
        let module = try catalogue.make("counting", settings: ["counting.limit": .text("2")])
        try await module.start(series: "run")
        let delivery = try await module.write(time: 0, samples: Records.samples(3))
        #expect(delivery[0] == .accepted)
        #expect(delivery[2] == .rejected(reason: "over the limit"))
        #expect(delivery.acceptedCount == 2)
        #expect(delivery.rejectedCount == 1)
        try await module.close()
    }

    @Test("A module that breaks the rules is not added")
    func refuses() {
        var catalogue = ModuleCatalogue.standard
        for module in [BadName.self, BadParameter.self, BadDefault.self, TwiceDeclared.self]
            as [any ExportingModule.Type]
        {
            #expect(throws: ModuleConfigurationError.self) { try catalogue.add(module) }
        }
        #expect(throws: ModuleConfigurationError.self) { try catalogue.add(ConsoleModule.self) }
        #expect(catalogue.names == ModuleCatalogue.standard.names)
    }
}

/// Takes some samples and no more.
private struct CountingModule: ExportingModule {
    static let name = "counting"
    static let parameters = [
        ModuleParameter(
            "counting.limit",
            .integer(0...100),
            default: .integer(10),
            usage: "How many samples are taken."
        )
    ]

    let takes: RecordKinds = .samples
    private let limit: Int

    init(configuration: ModuleConfiguration) throws {
        limit = try configuration.integer("counting.limit") ?? 0
    }

    func start(series: String) async throws {}

    func write(time: Int64, samples: [Sample]) async throws -> Delivery {
        let over = samples.indices.dropFirst(limit).map { ($0, DeliveryOutcome.rejected(reason: "over the limit")) }
        return Delivery(count: samples.count, .accepted, exceptions: Dictionary(uniqueKeysWithValues: over))
    }

    func warn(time: Int64, alert: Alert) async throws -> DeliveryOutcome { .accepted }

    func close() async throws {}
}

/// What the modules that break a rule have in common.
private protocol UselessModule: ExportingModule {
    init()
}

extension UselessModule {
    var takes: RecordKinds { [] }
    init(configuration: ModuleConfiguration) throws { self.init() }
    func start(series: String) async throws {}
    func write(time: Int64, samples: [Sample]) async throws -> Delivery { .accepted(count: samples.count) }
    func warn(time: Int64, alert: Alert) async throws -> DeliveryOutcome { .accepted }
    func close() async throws {}
}

private struct BadName: UselessModule {
    static let name = "Bad Name"
    static let parameters: [ModuleParameter] = []
}

private struct BadParameter: UselessModule {
    static let name = "bad"
    static let parameters = [ModuleParameter("other.thing", .bool, usage: "")]
}

private struct BadDefault: UselessModule {
    static let name = "bad"
    static let parameters = [ModuleParameter("bad.count", .integer(1...2), default: .integer(3), usage: "")]
}

private struct TwiceDeclared: UselessModule {
    static let name = "bad"
    static let parameters = [
        ModuleParameter("bad.count", .integer(1...2), usage: ""), ModuleParameter("bad.count", .bool, usage: ""),
    ]
}
