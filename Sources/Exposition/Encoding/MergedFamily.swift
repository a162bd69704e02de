/// All families of a snapshot that share a name.
package struct MergedFamily {
    package var name: String
    package var kind: MetricKind
    /// The position of the first of them in what was collected, and those of the others.
    package var first: Int
    package var others: [Int] = []
}
