import FuzzSupport
import Settings

@testable import Discovery

/// Any text is a list of services or has problems; every service that is read keeps the rules.
@main
struct FuzzServices {
    static func main() {
        Fuzzer.run { bytes in
            guard let text = String(validating: bytes, as: UTF8.self) else { return }
            do throws(SettingsError) {
                let file = try ServiceFile.parse(text, file: "fuzz.yaml")
                for service in file.services {
                    let fault = ServiceRules.fault(in: service)
                    Fuzzer.require(fault == nil, "a service that breaks a rule: \(service): \(fault ?? "")")
                    Fuzzer.require(service.tags == service.tags.sorted(), "tags in another order")
                    _ = ServiceIdentity(service).hashValue
                }
                for problem in file.problems { Fuzzer.require(!problem.reason.isEmpty, "a problem without a reason") }
            } catch {
                Fuzzer.require(!error.problems.isEmpty, "an error without a problem")
            }
            addresses(text)
        }
    }

    /// The first line as an address.
    private static func addresses(_ text: String) {
        let line = String(text.prefix { !$0.isNewline }.prefix(200))
        guard let split = try? HostPort(line) else { return }
        // An empty host is refused by the rules of services, not here.
        Fuzzer.require(line.contains(split.host) || split.host.isEmpty, "another host, \(split.host), from \(line)")
        if let port = split.port { Fuzzer.require(ServiceRules.ports.contains(port), "port \(port) from \(line)") }
    }
}
