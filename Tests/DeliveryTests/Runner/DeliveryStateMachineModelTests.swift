import ExportingModules
import TestSupport
import Testing

@testable import Delivery

/// Whatever a module, its queue and the time do, the rules hold, and in the end nothing is missing.
@Suite(.timeLimit(.minutes(5)))
struct DeliveryStateMachineModelTests {
    @Test(arguments: 0..<20)
    func rulesHoldAndEverythingIsSettledOnceAllGoesWell(part: Int) {
        for round in 0..<6 {
            let seed = UInt64(part * 6 + round)
            var simulation = Self.play(seed: seed, isDurable: true)
            simulation.isWell = true
            var left = 200_000
            func isDone() -> Bool {
                !simulation.alerts.contains(.waiting) && !simulation.samples.contains(.waiting)
                    && simulation.machine.state == .running
            }
            while left > 0, !isDone() {
                simulation.step()
                left -= 1
            }
            #expect(isDone(), "seed \(seed): not all was delivered")
            simulation.drain(for: .seconds(5))
            while left > 0, !simulation.hasEnded {
                simulation.step()
                left -= 1
            }
            #expect(simulation.hasEnded && simulation.closes == 1 && !simulation.isOpen, "seed \(seed)")
            #expect(simulation.machine.state == .stopped)
            #expect(simulation.problems.isEmpty, "seed \(seed): \(simulation.problems)")
        }
    }

    @Test(arguments: 0..<20)
    func drainEndsInTimeWhateverGoesWrong(part: Int) {
        for round in 0..<6 {
            let seed = UInt64(part * 6 + round)
            var simulation = Self.play(seed: seed, isDurable: round % 2 == 0)
            let length = Duration.milliseconds(Int.random(in: 0...8_000, using: &simulation.random))
            simulation.drain(for: length)
            var left = 10_000
            while left > 0, !simulation.hasEnded {
                simulation.step()
                left -= 1
            }
            #expect(simulation.hasEnded, "seed \(seed): the drain does not end")
            #expect(simulation.closes <= 1)
            #expect(simulation.problems.isEmpty, "seed \(seed): \(simulation.problems)")
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func newsOfTroubleAlternatesWithNewsOfItsEnd(seed: UInt64) {
        let simulation = Self.play(seed: seed, isDurable: true)
        var isFailing = false
        var hung = 0
        for news in simulation.news {
            switch news {
            case .failing:
                #expect(!isFailing)
                isFailing = true
            case .recovered:
                #expect(isFailing)
                isFailing = false
            case .hung: hung += 1
            case .back: hung -= 1
            default: break
            }
            #expect((0...1).contains(hung))
        }
        #expect(simulation.news.contains(.started))
    }

    private static func play(seed: UInt64, isDurable: Bool) -> DeliverySimulation {
        var simulation = DeliverySimulation(seed: seed, isDurable: isDurable)
        for _ in 0..<400 {
            switch Int.random(in: 0..<40, using: &simulation.random) {
            case 0: simulation.add(alerts: 1, samples: 0)
            case 1, 2: simulation.add(alerts: 0, samples: Int.random(in: 1...50, using: &simulation.random))
            case 3: simulation.machine.reopen()
            default: simulation.step()
            }
        }
        return simulation
    }
}
