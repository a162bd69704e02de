import Exposition

/// `node_entropy_*`: the kernel's random number generator.
struct EntropyReader: HostReader {
    var name: HostCollectorName { .entropy }

    func read(from root: HostRoot) throws -> [MetricFamily] {
        var families: [MetricFamily] = []
        if let bits = try root.numberIfThere("proc/sys/kernel/random/entropy_avail") {
            families.append(.gauge("node_entropy_available_bits", "Bits of available entropy.", bits))
        }
        if let bits = try root.numberIfThere("proc/sys/kernel/random/poolsize") {
            families.append(.gauge("node_entropy_pool_size_bits", "Bits of entropy pool.", bits))
        }
        return families
    }
}
