import Exposition

/// The bounds of buckets and quantiles as text. The metrics of a family mostly have the same bounds, so the last ones are
/// kept.
struct BoundTexts {
    private var texts: [(bound: Double, text: String)] = []

    /// The text of a bound that is the n-th of its metric.
    mutating func text(of bound: Double, at place: Int) -> String {
        if place < texts.count {
            if texts[place].bound.bitPattern != bound.bitPattern { texts[place] = (bound, NumberText.text(bound)) }
            return texts[place].text
        }
        let text = NumberText.text(bound)
        texts.append((bound, text))
        return text
    }
}
