import InferenceProtocol
import Tensors

/// Holds a candidate's answers against those that were given, row by row.
struct ShadowComparison: Sendable {
    /// How far the two answers to one row are apart.
    struct Row {
        /// By output that was asked for: the largest difference in multiples of what its tolerance allows.
        var badness: [Double]
        /// By output: the largest difference of two finite numbers.
        var difference: [Double]
        var segment: String?

        var isApart: Bool { badness.contains { $0 > 1 } }
    }

    /// The two answers to one request.
    struct Answers {
        /// By output that was asked for: its place in the signature.
        var outputs: [Int]
        var rows: [Row]
        var primary: [Tensor]
        var candidate: [Tensor]
    }

    /// Where no number says how far two answers are apart.
    static let unmeasured = Double.greatestFiniteMagnitude

    private let tolerances: [ShadowPlan.Tolerance]
    private let segmentInput: String?

    init(_ plan: ShadowPlan, _ signature: Signature) {
        tolerances = signature.outputs.map { plan.tolerances[$0.name] ?? plan.tolerance }
        segmentInput = plan.segmentInput
    }

    /// - Parameter rows: of the request. One whose outputs do not have as many is compared as a whole.
    func compare(
        _ request: InferenceRequest, _ primary: [Tensor], _ candidate: [Tensor], rows: Int
    ) -> Answers {
        let outputs = request.outputs.prefix(min(primary.count, candidate.count)).map(\.index)
        let areRows = rows > 0 && outputs.indices.allSatisfy { primary[$0].rowLength(rows: rows) != nil }
        let count = areRows ? rows : 1
        let segments = segmentInput.map { name in
            request.inputs.first { $0.name == name }?.firstElements(rows: count) ?? []
        }
        var found = (0..<count).map { row in
            Row(
                badness: Array(repeating: 0, count: outputs.count),
                difference: Array(repeating: 0, count: outputs.count),
                segment: segments.flatMap { row < $0.count ? $0[row] : nil })
        }
        for (place, index) in outputs.enumerated() {
            compare(primary[place], candidate[place], tolerance(index), place, &found)
        }
        return Answers(outputs: outputs, rows: found, primary: primary, candidate: candidate)
    }

    private func tolerance(_ index: Int) -> ShadowPlan.Tolerance {
        index >= 0 && index < tolerances.count ? tolerances[index] : .standard
    }

    private func compare(
        _ primary: Tensor, _ candidate: Tensor, _ tolerance: ShadowPlan.Tolerance, _ place: Int, _ rows: inout [Row]
    ) {
        guard primary.elementType == candidate.elementType, primary.shape.dimensions == candidate.shape.dimensions
        else {
            for row in rows.indices { rows[row].badness[place] = Self.unmeasured }
            return
        }
        let length = primary.shape.elementCount / rows.count
        if primary.elementType == .bytes {
            var (left, right) = (TextElements(primary.storage.bytes), TextElements(candidate.storage.bytes))
            for row in rows.indices {
                for _ in 0..<length {
                    guard let one = left.next(), let other = right.next() else { return }
                    if !one.elementsEqual(other) { rows[row].badness[place] = Self.unmeasured }
                }
            }
            return
        }
        for row in rows.indices {
            var (badness, difference) = (0.0, 0.0)
            for index in (row * length)..<((row + 1) * length) {
                Self.note(primary, candidate, index, tolerance, &badness, &difference)
            }
            rows[row].badness[place] = badness
            rows[row].difference[place] = difference
        }
    }

    private static func note(
        _ primary: Tensor, _ candidate: Tensor, _ index: Int, _ tolerance: ShadowPlan.Tolerance,
        _ badness: inout Double, _ largest: inout Double
    ) {
        if let left = primary.wholeNumber(at: index), let right = candidate.wholeNumber(at: index) {
            guard left != right else { return }
            largest = max(largest, (Double(left) - Double(right)).magnitude)
            // A class or a count: there is no nearly the same.
            badness = unmeasured
            return
        }
        guard let left = primary.number(at: index), let right = candidate.number(at: index) else { return }
        if left == right || (left.isNaN && right.isNaN) { return }
        let difference = (left - right).magnitude
        guard difference.isFinite else {
            badness = unmeasured
            return
        }
        largest = max(largest, difference)
        let allowed = tolerance.absolute + tolerance.relative * left.magnitude
        badness = max(badness, allowed > 0 ? min(difference / allowed, unmeasured) : unmeasured)
    }
}

extension Tensor {
    /// The first element of each row as a text, for at most `rows` rows.
    func firstElements(rows: Int) -> [String] {
        let length = rowLength(rows: rows) ?? shape.elementCount
        guard length > 0 else { return [] }
        return (0..<rows).compactMap { row in texts(from: row * length, count: 1).first }
    }

    /// `count` elements from `start` on as texts.
    func texts(from start: Int, count: Int) -> [String] {
        if elementType == .bytes {
            var elements = TextElements(storage.bytes)
            for _ in 0..<start { _ = elements.next() }
            return (0..<count).compactMap { _ in
                elements.next().map { String(decoding: $0.prefix(64), as: UTF8.self) }
            }
        }
        return (start..<(start + count)).compactMap { index in
            wholeNumber(at: index).map { String($0) } ?? number(at: index).map { "\($0)" }
        }
    }
}
