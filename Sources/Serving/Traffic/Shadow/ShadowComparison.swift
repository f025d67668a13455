package import InferenceProtocol
package import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Holds a candidate's answers against those that were given, row by row.
package struct ShadowComparison: Sendable {
    /// The two answers to one request, and how far they are apart in each row.
    package struct Answers {
        /// By output that was asked for: its place in the signature.
        package let outputs: [Int]
        package let rows: Int
        package let primary: [Tensor]
        package let candidate: [Tensor]
        /// Of each row, where there is a segment input that has it; else empty.
        let segments: [String]
        /// The same bytes in all outputs: then nothing is in the two lists.
        package fileprivate(set) var areAlike = false
        /// Row after row, by output that was asked for.
        fileprivate var badnesses: [Double] = []
        fileprivate var differences: [Double] = []

        init(outputs: [Int], rows: Int, primary: [Tensor], candidate: [Tensor], segments: [String] = []) {
            self.outputs = outputs
            self.rows = rows
            self.primary = primary
            self.candidate = candidate
            self.segments = segments
        }

        /// The largest difference in multiples of what the output's tolerance allows.
        package func badness(_ row: Int, _ place: Int) -> Double {
            areAlike ? 0 : badnesses[row * outputs.count + place]
        }
        /// The largest difference of two finite numbers.
        package func difference(_ row: Int, _ place: Int) -> Double {
            areAlike ? 0 : differences[row * outputs.count + place]
        }
        func segment(_ row: Int) -> String? { row < segments.count ? segments[row] : nil }

        package func isApart(_ row: Int) -> Bool {
            if areAlike { return false }
            for place in outputs.indices where badness(row, place) > 1 { return true }
            return false
        }
    }

    /// Where no number says how far two answers are apart.
    package static let unmeasured = Double.greatestFiniteMagnitude

    private let tolerances: [ShadowPlan.Tolerance]
    private let segmentInput: String?

    init(_ plan: ShadowPlan, _ signature: Signature) {
        self.init(
            plan.tolerance, by: plan.tolerances, of: signature, segmentInput: plan.segmentInput)
    }

    /// - Parameters:
    ///   - tolerance: for outputs that `tolerances` does not name.
    ///   - tolerances: by output.
    package init(
        _ tolerance: ShadowPlan.Tolerance, by tolerances: [String: ShadowPlan.Tolerance] = [:], of signature: Signature,
        segmentInput: String? = nil
    ) {
        self.tolerances = signature.outputs.map { tolerances[$0.name] ?? tolerance }
        self.segmentInput = segmentInput
    }

    /// - Parameter rows: of the request. One whose outputs do not have as many is compared as a whole.
    package func compare(
        _ request: InferenceRequest, _ primary: [Tensor], _ candidate: [Tensor], rows: Int
    ) -> Answers {
        let outputs = request.outputs.prefix(min(primary.count, candidate.count)).map(\.index)
        let areRows = rows > 0 && outputs.indices.allSatisfy { primary[$0].rowLength(rows: rows) != nil }
        let count = areRows ? rows : 1
        let segments = segmentInput.flatMap { name in
            request.inputs.first { $0.name == name }?.firstElements(rows: count)
        }
        var answers = Answers(
            outputs: outputs, rows: count, primary: primary, candidate: candidate, segments: segments ?? [])
        answers.areAlike = outputs.indices.allSatisfy { primary[$0].hasTheBytes(of: candidate[$0]) }
        if answers.areAlike { return answers }
        answers.badnesses = Array(repeating: 0, count: answers.rows * outputs.count)
        answers.differences = answers.badnesses
        for (place, index) in outputs.enumerated() { compare(tolerance(index), place, &answers) }
        return answers
    }

    private func tolerance(_ index: Int) -> ShadowPlan.Tolerance {
        index >= 0 && index < tolerances.count ? tolerances[index] : .standard
    }

    private func compare(_ tolerance: ShadowPlan.Tolerance, _ place: Int, _ answers: inout Answers) {
        let (primary, candidate) = (answers.primary[place], answers.candidate[place])
        let (rows, width) = (answers.rows, answers.outputs.count)
        guard primary.elementType == candidate.elementType, primary.shape.dimensions == candidate.shape.dimensions
        else {
            for row in 0..<rows { answers.badnesses[row * width + place] = Self.unmeasured }
            return
        }
        let length = primary.shape.elementCount / rows
        if primary.elementType == .bytes {
            var (left, right) = (TextElements(primary.storage.bytes), TextElements(candidate.storage.bytes))
            for row in 0..<rows {
                for _ in 0..<length {
                    guard let one = left.next(), let other = right.next() else { return }
                    if !one.elementsEqual(other) { answers.badnesses[row * width + place] = Self.unmeasured }
                }
            }
            return
        }
        for row in 0..<rows {
            var (badness, difference) = (0.0, 0.0)
            for index in (row * length)..<((row + 1) * length) {
                Self.note(primary, candidate, index, tolerance, &badness, &difference)
            }
            answers.badnesses[row * width + place] = badness
            answers.differences[row * width + place] = difference
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
    fileprivate func hasTheBytes(of other: Tensor) -> Bool {
        elementType == other.elementType && shape == other.shape && storage.byteCount == other.storage.byteCount
            && memcmp(storage.base, other.storage.base, storage.byteCount) == 0
    }

    /// The first element of each row as a text, for at most `rows` rows.
    func firstElements(rows: Int) -> [String] {
        let length = rowLength(rows: rows) ?? shape.elementCount
        guard length > 0 else { return [] }
        return (0..<rows).compactMap { row in texts(from: row * length, count: 1).first }
    }

    /// `count` elements from `start` on as texts.
    package func texts(from start: Int, count: Int) -> [String] {
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
