import Testing

@testable import PostgresExporter

@Suite struct ISOIntervalTests {
    @Test(
        arguments: [
            ("PT0S", 0), ("PT1.5S", 1.5), ("PT-0.25S", -0.25), ("P1DT2H3M4S", 93_784), ("P1Y2M3D", 37_000_800),
            ("P-1DT2H", -79_200), ("P2W", 1_209_600), ("PT-1H-30M", -5_400),
        ] as [(String, Double)]
    )
    func intervalsAreSeconds(text: String, seconds: Double) {
        #expect(withBytes(text) { ISOInterval.seconds($0) } == seconds)
    }

    @Test func newerServersHaveInfiniteOnes() {
        #expect(withBytes("infinity") { ISOInterval.seconds($0) } == .infinity)
        #expect(withBytes("-infinity") { ISOInterval.seconds($0) } == -.infinity)
    }

    @Test(arguments: ["", "P", "PT", "1D", "P1", "P1H", "PT1D", "P1.D", "-P1D", "PT1S ", "P1DT2H3M4S5"])
    func everythingElseIsNone(text: String) {
        #expect(withBytes(text) { ISOInterval.seconds($0) } == nil)
    }
}
