/// Finds the name that was probably meant.
enum NearestName {
    /// The nearest of some names; nil if none is near. Long names are not compared.
    static func of(_ name: String, among names: some Sequence<String>) -> String? {
        guard name.utf8.count <= 100 else { return nil }
        let best = names.map { (name: $0, distance: distance(Array(name.utf8), Array($0.utf8))) }
            .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
        guard let best, best.distance <= max(2, name.utf8.count / 4) else { return nil }
        return best.name
    }

    /// How many bytes have to be added, taken away or changed to make one of the other.
    private static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var row = Array(0...second.count)
        for (i, a) in first.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in second.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a == b ? 0 : 1))
                diagonal = above
            }
        }
        return row[second.count]
    }
}
