import Testing

@testable import Exposition

struct EscapingSchemeTests {
    @Test(arguments: [
        ("http_requests_total", EscapingScheme.underscores, "http_requests_total"),
        ("http_requests_total", .dots, "http_requests_total"),
        ("http_requests_total", .values, "http_requests_total"),
        ("no:escaping_required", .values, "no:escaping_required"),
        ("mysystem.prod.west.cpu.load", .allowUTF8, "mysystem.prod.west.cpu.load"),
        ("mysystem.prod.west.cpu.load", .underscores, "mysystem_prod_west_cpu_load"),
        ("mysystem.prod.west.cpu.load", .dots, "mysystem_dot_prod_dot_west_dot_cpu_dot_load"),
        ("mysystem.prod.west.cpu.load", .values, "U__mysystem_2e_prod_2e_west_2e_cpu_2e_load"),
        ("mysystem.prod.west.cpu.load_total", .dots, "mysystem_dot_prod_dot_west_dot_cpu_dot_load__total"),
        ("mysystem.prod.west.cpu.load_total", .values, "U__mysystem_2e_prod_2e_west_2e_cpu_2e_load__total"),
        ("http.status:sum", .underscores, "http_status:sum"),
        ("http.status:sum", .dots, "http_dot_status:sum"),
        ("http.status:sum", .values, "U__http_2e_status:sum"),
        ("label with 😱", .underscores, "label_with__"),
        ("label with 😱", .dots, "label__with____"),
        ("label with 😱", .values, "U__label_20_with_20__1f631_"),
        ("花火", .underscores, "__"),
        ("花火", .dots, "____"),
        ("花火", .values, "U___82b1__706b_"),
        ("9lives", .underscores, "_lives"),
        ("9lives", .dots, "__lives"),
        ("9lives", .values, "U___39_lives"),
        ("", .values, ""),
    ])
    func metricNamesAreEscapedAsPrometheusDoes(name: String, scheme: EscapingScheme, expected: String) {
        #expect(scheme.escape(metricName: name) == expected)
    }

    @Test func aColonIsNotAllowedInALabelName() {
        #expect(EscapingScheme.underscores.escape(labelName: "a:b") == "a_b")
        #expect(EscapingScheme.values.escape(labelName: "a:b") == "U__a_3a_b")
        #expect(EscapingScheme.allowUTF8.escape(labelName: "a:b") == "a:b")
    }

    @Test(arguments: [
        ("a", true), ("a:b", true), (":", true), ("_1", true), ("", false), ("1a", false), ("a.b", false), ("ä", false),
    ])
    func plainMetricNames(name: String, isPlain: Bool) {
        #expect(NameRules.isPlainMetricName(name) == isPlain)
    }

    @Test(arguments: [("", false), ("a", true), ("__a", false), ("_a", true), ("a\0", false), ("ü b", true)])
    func legalLabelNames(name: String, isLegal: Bool) {
        #expect((NameRules.problem(withLabelName: name) == nil) == isLegal)
    }
}
