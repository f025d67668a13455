import Serving

extension WindowFinding {
    func write(into bytes: RecordBytes) {
        bytes.writeCount(number)
        bytes.writeCount(rows)
        bytes.write(seconds)
        bytes.write(Int64(closedAt))
        bytes.write(alpha)
        bytes.writeCount(inARow)
        bytes.writeCount(features.count)
        for feature in features { feature.write(into: bytes) }
    }

    init(_ cursor: inout RecordCursor) throws(MalformedRecord) {
        self.init(
            number: try cursor.tally(), rows: try cursor.tally(), seconds: try cursor.finite(),
            closedAt: Int(try cursor.next(Int64.self)), alpha: try cursor.finite(), features: [],
            inARow: try cursor.tally())
        for _ in 0..<(try cursor.count(atMost: 1 << 10)) { features.append(try FeatureFinding(&cursor)) }
        guard cursor.isAtEnd else { throw MalformedRecord("something follows the features") }
    }
}

extension FeatureFinding {
    func write(into bytes: RecordBytes) {
        feature.write(into: bytes)
        bytes.write(verdict.rawValue)
        bytes.write(strongest.rawValue)
        for value in [pValue, adjusted, effect, referenceMissing, missing, outOfRange, newShare] { bytes.write(value) }
        bytes.writeFlag(isLarge)
        for value in [
            stabilityIndex, jensenShannon, kolmogorovSmirnov, wasserstein, cramersV, referenceMean, mean,
        ] {
            bytes.writeOptional(value)
        }
        bytes.writeCount(referenceRows)
        bytes.writeCount(rows)
        bytes.writeFlag(newCategory != nil)
        if let newCategory { bytes.writeShort(newCategory) }
    }

    init(_ cursor: inout RecordCursor) throws(MalformedRecord) {
        let feature = try Feature(&cursor)
        let verdict = try cursor.one(of: DriftVerdict.self)
        let strongest = try cursor.one(of: DriftTest.Kind.self)
        var values: [Double] = []
        for _ in 0..<7 { values.append(try cursor.double()) }
        let isLarge = try cursor.flag()
        var distances: [Double?] = []
        for _ in 0..<7 { distances.append(try cursor.optionalDouble()) }
        self.init(
            feature: feature, verdict: verdict, strongest: strongest, pValue: values[0], adjusted: values[1],
            effect: values[2], isLarge: isLarge, stabilityIndex: distances[0], jensenShannon: distances[1],
            kolmogorovSmirnov: distances[2], wasserstein: distances[3], cramersV: distances[4],
            referenceRows: try cursor.tally(), rows: try cursor.tally(), referenceMean: distances[5],
            mean: distances[6], referenceMissing: values[3], missing: values[4], outOfRange: values[5],
            newCategory: nil, newShare: values[6])
        if try cursor.flag() { newCategory = try cursor.text(atMost: 4 * TextKey.whole) }
    }
}
