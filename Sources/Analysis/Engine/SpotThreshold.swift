/// A threshold in force: a value beyond it would be flagged.
public struct SpotThreshold: Sendable, Hashable {
    /// The series.
    public var series: SpotSeries
    /// The side.
    public var side: SpotSide
    /// The threshold as a value of the series (of its rate or its changes, if that is what is watched), with the moving
    /// mean and the baseline in it.
    public var value: Double
    /// The name of the selection.
    public var selection: String

    /// Creates a threshold.
    public init(series: SpotSeries, side: SpotSide, value: Double, selection: String = "") {
        self.series = series
        self.side = side
        self.value = value
        self.selection = selection
    }
}
