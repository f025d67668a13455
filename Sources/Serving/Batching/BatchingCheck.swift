import InferenceProtocol
import Runtimes
import Tensors

/// Finds out, before a deployment that batches takes effect, whether a row is answered alike alone and in company.
///
/// Not every model with an open leading dimension works row by row: dynamic quantization takes its scale over all rows,
/// normalisation at inference may too, and some models sum over the first dimension. Rows are run alone, then in batches
/// of several sizes and orders, and compared.
struct BatchingCheck: Sendable {
    /// Runs the model once, within a time limit.
    typealias Run = @Sendable (InferenceRequest) async -> Result<PredictionResult, PredictionError>

    /// Beyond this, batching is said to change answers. The half types' own steps are coarser.
    static let tolerance = Tolerance(relative: 1e-5, absolute: 1e-6, halfRelative: 1e-2)
    /// Rows that are run alone.
    private static let samples = 8
    /// Nanoseconds that a batch of the largest size may be expected to take, and bytes that it may have, to be tried too.
    private static let longest: UInt64 = 5_000_000_000
    private static let largest = 64 << 20

    let signature: Signature
    let maxRows: Int
    /// The version's own requests: what is said of real inputs counts more than of made-up ones.
    let golden: [InferenceRequest]
    let run: Run

    /// Throws `notBatchable`, with the reason, when requests must not share runs.
    func pass() async throws(ModelLoadError) {
        try Self.checkDimensions(signature)
        var sets = goldenSets()
        let madeUp = await SampleRows.find(like: sets.first?.first, signature: signature, count: Self.samples, run: run)
        if let madeUp { sets.append(madeUp) }
        guard !sets.isEmpty else {
            throw Self.refusal(
                "no inputs were found on which the model runs, so it cannot be shown that rows are answered alike alone "
                    + "and in a batch; push the version with golden inputs")
        }
        for set in sets { try await check(set) }
    }

    static func refusal(_ reason: String) -> ModelLoadError {
        ModelLoadError(.notBatchable, "its requests cannot be batched: \(reason)")
    }

    // MARK: - what the model says of itself

    private static func checkDimensions(_ signature: Signature) throws(ModelLoadError) {
        let inputs = signature.inputs.filter { !$0.isOptional }
        guard !inputs.isEmpty else { throw refusal("the model needs no input") }
        for input in inputs {
            switch input.shape.first {
            case .fixed(let size):
                throw refusal("the leading dimension of input '\(input.name)' is fixed at \(size); export it open")
            case nil: throw refusal("input '\(input.name)' is a scalar and has no leading dimension")
            case .symbolic, .unknown: break
            }
        }
        for output in signature.outputs {
            if case .fixed(let size) = output.shape.first {
                throw refusal("the leading dimension of output '\(output.name)' is fixed at \(size); export it open")
            }
        }
    }

    // MARK: - what its runs show

    /// Golden requests that may share a run, by groups.
    private func goldenSets() -> [[InferenceRequest]] {
        var sets: [[InferenceRequest]] = []
        for var request in golden {
            request.outputs = signature.outputs.indices.map { RequestedOutput(index: $0) }
            guard Self.rows(of: request, signature) != nil else { continue }
            if let index = sets.firstIndex(where: { SampleRows.haveSameRows($0[0], request) }) {
                if sets[index].count < Self.samples { sets[index].append(request) }
            } else if sets.count < 4 {
                sets.append([request])
            }
        }
        return sets
    }

    /// The rows that all required inputs have, when there are any and no other input is given.
    static func rows(of request: InferenceRequest, _ signature: Signature) -> Int? {
        guard request.inputs.count == signature.inputs.count(where: { !$0.isOptional }),
            let rows = request.inputs.first?.shape.dimensions.first, rows > 0,
            request.inputs.allSatisfy({ $0.shape.dimensions.first == rows })
        else { return nil }
        return rows
    }

    private func check(_ set: [InferenceRequest]) async throws(ModelLoadError) {
        var members: [Member] = []
        for request in set {
            guard let rows = Self.rows(of: request, signature) else { continue }
            switch await run(request) {
            case .success(let result):
                members.append(Member(request: request, rows: rows, alone: result.outputs, cost: result.compute))
            case .failure(let error):
                throw Self.refusal("a request that was to be tried alone and in a batch failed alone: \(error)")
            }
        }
        guard let first = members.first else { return }
        let all = members.fitting(maxRows)
        var batches = [
            all, all.reversed(), Array(members.prefix(2)).fitting(maxRows), [first, first].fitting(maxRows),
        ]
        batches.append(whole(members))
        for batch in batches where batch.count > 1 { try await check(batch) }
    }

    /// As many rows as one run may ever have, where that is to be had in reasonable time and memory.
    private func whole(_ members: [Member]) -> [Member] {
        var batch: [Member] = []
        var (rows, bytes, cost) = (0, 0, UInt64(0))
        while true {
            let next = members[batch.count % members.count]
            rows += next.rows
            bytes += LoadedModel.size(of: next.request)
            cost &+= next.cost
            guard rows <= maxRows, bytes <= Self.largest, cost <= Self.longest else { return batch }
            batch.append(next)
        }
    }

    private func check(_ batch: [Member]) async throws(ModelLoadError) {
        let rows = batch.map(\.rows)
        let total = rows.reduce(0, +)
        guard let inputs = BatchTensors.gather(batch.map(\.request), rows: total) else { return }
        let outputs: [Tensor]
        switch await run(InferenceRequest(inputs: inputs, outputs: batch[0].request.outputs)) {
        case .success(let result): outputs = result.outputs
        case .failure(let error): throw Self.refusal("a batch of \(total) rows failed: \(error)")
        }
        guard let parts = BatchTensors.split(outputs, rows: rows) else {
            let shapes = outputs.map { "'\($0.name)' has the shape \($0.shape.dimensions)" }
            throw Self.refusal(
                "of a batch of \(total) rows " + shapes.joined(separator: ", ")
                    + ", not one row for each row that went in")
        }
        for (member, part) in zip(batch, parts) {
            for (found, expected) in zip(part, member.alone) {
                if let difference = TensorComparison.difference(found, expected: expected, within: Self.tolerance) {
                    throw Self.refusal(
                        "it changes answers: in output '\(found.name)' of a request in a batch of \(total) rows "
                            + "\(difference) as when it runs alone")
                }
            }
        }
    }
}

/// A request that was run alone.
private struct Member: Sendable {
    let request: InferenceRequest
    let rows: Int
    let alone: [Tensor]
    /// Nanoseconds.
    let cost: UInt64
}

extension [Member] {
    /// The first of them that make up `maxRows` rows at most.
    fileprivate func fitting(_ maxRows: Int) -> [Member] {
        var rows = 0
        return Array(
            prefix { member in
                rows += member.rows
                return rows <= maxRows
            })
    }
}
