import Analysis
import Testing

@Suite("A tail")
struct ParetoTailTests {
    @Test("A probability is from 0 to the share for every shape and excess")
    func range() {
        for gamma in [-1, -0.5, -1e-18, 0, 1e-18, 1e-9, 0.5, 3, 100] {
            let tail = ParetoTail(gamma: gamma, sigma: 2)
            for excess in [-.infinity, -1, 0, 1e-300, 1, 2, 4, 1e9, 1e300, .infinity] {
                let probability = tail.probability(ofMoreThan: excess, share: 0.02)
                #expect((0...0.02).contains(probability), "\(gamma) \(excess) \(probability)")
            }
        }
    }

    @Test("Beyond a finite end point the probability is 0")
    func endpoint() {
        let tail = ParetoTail(gamma: -0.5, sigma: 1)
        #expect(tail.endpoint == 2)
        #expect(tail.probability(ofMoreThan: 2, share: 0.02) == 0)
        #expect(tail.probability(ofMoreThan: 1.999, share: 0.02) > 0)
    }

    @Test("The quantile is where the probability is q, for every shape")
    func inverse() {
        for gamma in [-1, -0.3, -1e-10, 0, 1e-10, 0.3, 2] {
            let tail = ParetoTail(gamma: gamma, sigma: 3)
            let excess = tail.excess(at: 1e-4, share: 0.02)
            #expect(abs(tail.probability(ofMoreThan: excess, share: 0.02) - 1e-4) < 1e-12)
        }
    }

    @Test("A quantile that is likelier than the tail itself is the threshold")
    func quantileInsideTheBody() {
        #expect(ParetoTail(gamma: 0.1, sigma: 1).excess(at: 0.03, share: 0.02) == 0)
        #expect(ParetoTail(gamma: 0.1, sigma: 1).excess(at: 0.03, share: 0) == 0)
    }
}
