import Analysis
import Foundation
import Testing

@Suite("Parameters of SPOT")
struct SpotParametersTests {
    @Test("The defaults are netspot's")
    func defaults() throws {
        let parameters = SpotParameters()
        #expect(parameters.depth == 50)
        #expect(parameters.q == 1e-4)
        #expect(parameters.initialCount == 1000)
        #expect(parameters.level == 0.98)
        #expect(parameters.up)
        #expect(!parameters.down)
        #expect(parameters.alert)
        #expect(parameters.bounded)
        #expect(parameters.maxExcess == 200)
        #expect(parameters.policy == .censor)
        try parameters.validate()
    }

    @Test(
        "A parameter out of range is named",
        arguments: [
            ("depth", SpotParameters(depth: -1)), ("depth", SpotParameters(depth: .max)),
            ("q", SpotParameters(q: 0)), ("q", SpotParameters(q: .nan)), ("q", SpotParameters(q: 0.02, level: 0.98)),
            ("q", SpotParameters(q: 0.5)), ("n_init", SpotParameters(initialCount: 9)),
            ("n_init", SpotParameters(initialCount: .max)), ("level", SpotParameters(level: 1)),
            ("level", SpotParameters(level: .nan)), ("level", SpotParameters(level: -0.1)),
            ("max_excess", SpotParameters(maxExcess: 0)), ("max_excess", SpotParameters(maxExcess: .max)),
            ("up", SpotParameters(up: false, down: false)), ("regime", SpotParameters(regime: 65)),
            ("regime", SpotParameters(regime: 1)),
        ]
    )
    func refuses(name: String, parameters: SpotParameters) {
        let error = #expect(throws: SpotParameterError.self) { _ = try SpotDetector(parameters) }
        #expect(error?.parameter == name)
    }

    @Test("They are stored under the names of the configuration")
    func names() throws {
        let json = try JSONEncoder().encode(SpotParameters())
        let object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        #expect(object["n_init"] as? Int == 1000)
        #expect(object["max_excess"] as? Int == 200)
        #expect(object["policy"] as? String == "censor")
        #expect(try JSONDecoder().decode(SpotParameters.self, from: json) == SpotParameters())
    }
}
