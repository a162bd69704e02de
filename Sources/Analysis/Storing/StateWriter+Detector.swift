extension StateWriter {
    mutating func write(_ parameters: SpotParameters) {
        write(unsigned: UInt64(clamping: parameters.depth))
        write(parameters.q)
        write(unsigned: UInt64(clamping: parameters.initialCount))
        write(parameters.level)
        for flag in [parameters.up, parameters.down, parameters.alert, parameters.bounded] { write(flag) }
        write(unsigned: UInt64(clamping: parameters.maxExcess))
        write(parameters.policy == .censor)
        write(parameters.regime) { $0.write(unsigned: UInt64(clamping: $1)) }
    }

    mutating func write(_ stored: StoredDetector) {
        write(stored.parameters)
        for count in [stored.missing, stored.regimes, stored.observations] { write(unsigned: count) }
        write(stored.window.values)
        write(unsigned: UInt64(clamping: stored.window.next))
        write(stored.window.sum)
        write(stored.upper) { $0.write($1) }
        write(stored.lower) { $0.write($1) }
        write(stored.phase.code)
        write(stored.next.code)
        write(stored.batch)
        write(stored.magnitude)
        for flag in [stored.shadowing, stored.recalibrating, stored.regime] { write(flag) }
        write(unsigned: UInt64(clamping: stored.gap))
        writeFixed(stored.upperFlags)
        writeFixed(stored.lowerFlags)
    }

    private mutating func write(_ tail: StoredTail) {
        for number in [tail.threshold, tail.quantile, tail.gamma, tail.sigma, tail.theta] {
            write(number) { $0.write($1) }
        }
        write(tail.excesses)
        for gap in tail.gaps { write(unsigned: UInt64(gap)) }
        write(unsigned: UInt64(tail.censored.count))
        for slot in tail.censored { write(unsigned: UInt64(clamping: slot)) }
        write(unsigned: UInt64(clamping: tail.next))
        write(unsigned: tail.excessCount)
        write(unsigned: UInt64(tail.sinceExcess))
        write(tail.budget)
        write(unsigned: UInt64(clamping: tail.calibrationCount))
        write(unsigned: UInt64(tail.patience))
        write(unsigned: UInt64(clamping: tail.trusted))
    }
}

extension StateReader {
    mutating func parameters() throws(StoredStateError) -> SpotParameters {
        var parameters = SpotParameters()
        parameters.depth = try count()
        parameters.q = try number()
        parameters.initialCount = try count()
        parameters.level = try number()
        parameters.up = try flag()
        parameters.down = try flag()
        parameters.alert = try flag()
        parameters.bounded = try flag()
        parameters.maxExcess = try count()
        parameters.policy = try flag() ? .censor : .discard
        parameters.regime = try optional { (reader) throws(StoredStateError) in try reader.count() }
        return parameters
    }

    mutating func detector() throws(StoredStateError) -> StoredDetector {
        let parameters = try parameters()
        let counts = (missing: try unsigned(), regimes: try unsigned(), observations: try unsigned())
        let window = StoredWindow(values: try numbers(), next: try count(), sum: try numbers())
        let upper = try optional { (reader) throws(StoredStateError) in try reader.tail() }
        let lower = try optional { (reader) throws(StoredStateError) in try reader.tail() }
        let phases = (now: try phase(), next: try phase())
        let batch = (values: try numbers(), magnitude: try number())
        let progress = (
            shadowing: try flag(), recalibrating: try flag(), regime: try flag(), gap: try count()
        )
        return StoredDetector(
            parameters: parameters,
            counts: counts,
            window: window,
            tails: (upper, lower),
            phases: phases,
            batch: batch,
            progress: progress,
            flags: (upper: try fixed(), lower: try fixed())
        )
    }

    private mutating func tail() throws(StoredStateError) -> StoredTail {
        var optionals: [Double?] = []
        for _ in 0..<5 {
            optionals.append(try optional { (reader) throws(StoredStateError) in try reader.number() })
        }
        let excesses = try numbers()
        var gaps: [UInt32] = []
        gaps.reserveCapacity(excesses.count)
        for _ in excesses { gaps.append(try small()) }
        var censored: [Int] = []
        for _ in 0..<(try count(ofAtLeast: 1)) { censored.append(try count()) }
        return StoredTail(
            threshold: optionals[0],
            quantile: optionals[1],
            gamma: optionals[2],
            sigma: optionals[3],
            theta: optionals[4],
            excesses: excesses,
            gaps: gaps,
            censored: censored,
            next: try count(),
            excessCount: try unsigned(),
            sinceExcess: try small(),
            budget: try number(),
            calibrationCount: try count(),
            patience: try small(),
            trusted: try count()
        )
    }

    private mutating func small() throws(StoredStateError) -> UInt32 {
        guard let number = UInt32(exactly: try unsigned()) else { throw .damaged }
        return number
    }

    private mutating func phase() throws(StoredStateError) -> SpotDetector.Phase {
        let code = try byte()
        guard let phase = SpotDetector.Phase.allCases.first(where: { $0.code == code }) else { throw .damaged }
        return phase
    }
}

extension SpotDetector.Phase {
    fileprivate var code: UInt8 {
        switch self {
        case .filling: 0
        case .collecting: 1
        case .detecting: 2
        }
    }
}
