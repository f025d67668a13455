import InferenceProtocol
import NIOCore
import NIOEmbedded
import NIOPosix
import Runtimes
import Tensors
import Testing

@testable import Serving

/// Batches by the real ONNX Runtime: what each caller hears, and what the model was asked.
@Suite struct BatchingTests {
    /// One endpoint over one loaded model, without a data plane around it.
    private final class Bench: Sendable {
        let instance: RecordingInstance
        let model: LoadedModel
        let compute: EndpointCompute
        let statistics = EndpointStatistics()

        /// The clocks stand still: every run seems short, and all requests of one event loop come in one turn.
        init(
            _ message: Message, instances: Int? = nil, maxRows: Int? = 16, queueLimit: Int = 1000, gate: Gate? = nil,
            late: LateInstance.Way? = nil, failure: @escaping @Sendable ([Tensor]) -> RunError? = { _ in nil }
        )
            throws
        {
            let recording = RecordingInstance(try TestMachine.load(message), gate: gate, failure: failure)
            instance = recording
            let served: any ModelInstance = late.map { LateInstance(recording, $0) } ?? recording
            let entry = EndpointEntry(
                space: "default", name: "m", model: "m", version: 1, revision: 1,
                artifact: ArtifactReference(digest: "d", format: "onnx", files: []),
                description: instance.description,
                options: EndpointOptions(
                    instances: instances, queueLimit: queueLimit,
                    batching: maxRows.map { BatchingOptions(maxBatchSize: $0, maxDelayMicroseconds: 0) }),
                isLoaded: true)
            let cost = CostEstimate()
            cost.record(size: 1, nanoseconds: 1)
            model = LoadedModel(
                key: LoadedModel.Key(entry), instance: served,
                memory: try #require(MemoryLedger(budget: nil).reserve(1)), cost: cost,
                clock: { 0 })
            let pool = ThreadPool()
            compute = EndpointCompute(
                options: entry.options, statistics: statistics,
                resources: ComputeResources(
                    pool: pool, watch: DeadlineWatch(pool: pool), instances: 1, queueLimit: queueLimit))
        }

        func start(
            _ request: InferenceRequest, timeout: UInt64? = nil, mayRunHere: Bool, eventLoop: any EventLoop,
            completion: @escaping PredictionCompletion
        ) -> PredictionStart {
            compute.start(
                request, rows: request.inputs[0].shape.dimensions[0], on: model, allowed: timeout ?? 60_000_000_000,
                mayRunHere: mayRunHere, eventLoop: eventLoop, completion: completion)
        }
    }

    /// Answers by the number of the request.
    private typealias Answers = Locked<[Int: Result<PredictionResult, PredictionError>]>

    private func rows(_ count: Int, width: Int = 8, _ random: inout SystemRandomNumberGenerator) -> [Float] {
        (0..<(count * width)).map { _ in Float.random(in: -2...2, using: &random) }
    }

    private func request(_ values: [Float], width: Int = 8, outputs: [Int] = [0, 1]) throws -> InferenceRequest {
        InferenceRequest(
            inputs: [try Tensor("x", .fp32, [values.count / width, width], values)],
            outputs: outputs.map { RequestedOutput(index: $0) })
    }

    /// What the model was asked in the run that held `input`, and the row at which that begins.
    private func place(of input: Tensor, in runs: [RecordingInstance.Recorded]) -> (RecordingInstance.Recorded, Int)? {
        let wanted = input.elements(of: Float.self)
        let width = input.shape.dimensions[1]
        for run in runs {
            let all = run.inputs[0].elements(of: Float.self)
            for row in stride(from: 0, through: all.count - wanted.count, by: width)
            where all[row..<(row + wanted.count)].elementsEqual(wanted) { return (run, row / width) }
        }
        return nil
    }

    @Test func `a batched answer is bit-equal to a direct run of the same batch, and close to the request's own run`()
        throws
    {
        let bench = try Bench(BatchModels.classifier)
        let direct = bench.instance.inner
        let loop = EmbeddedEventLoop()
        var random = SystemRandomNumberGenerator()
        var requests: [InferenceRequest] = []
        let answers = Answers([:])
        for number in 0..<200 {
            // Some have as many rows as a batch may have, or more.
            let outputs = [[0, 1], [0, 1], [1, 0], [1], [0]][number % 5]
            let count = number % 17 == 0 ? 20 : Int.random(in: 1...6, using: &random)
            var request = try request(rows(count, &random), outputs: outputs)
            request.outputs[0].binary = number % 2 == 0
            requests.append(request)
            let begun = bench.start(
                request, mayRunHere: true, eventLoop: loop
            ) { result in answers.change { $0[number] = result } }
            if case .answered(let result) = begun { answers.change { $0[number] = result } }
            if number % 37 == 0 { loop.run() }
        }
        loop.run()
        let runs = bench.instance.runs
        #expect(runs.count < 100)
        #expect(runs.allSatisfy { $0.inputs[0].shape.dimensions[0] <= 20 })
        for (number, request) in requests.enumerated() {
            let outputs = try #require(answers.value[number]).get().outputs
            let (run, row) = try #require(place(of: request.inputs[0], in: runs))
            let whole = try direct.run(run.inputs, outputs: run.outputs, handle: nil)
            let alone = try direct.run(request.inputs, outputs: request.outputs.map(\.index), handle: nil)
            #expect(run.outputs == request.outputs.map(\.index))
            for (index, output) in outputs.enumerated() {
                let width = whole[index].storage.byteCount / whole[index].shape.dimensions[0]
                let part = whole[index].storage.bytes[(row * width)...].prefix(output.storage.byteCount)
                #expect(output.storage.bytes.elementsEqual(part))
                #expect(output.shape == alone[index].shape)
                #expect(
                    TensorComparison.difference(output, expected: alone[index], within: BatchingCheck.tolerance) == nil)
            }
        }
        // Every run counts, by its rows.
        let counts = bench.statistics.snapshot()
        #expect(counts.executions == UInt64(runs.count))
        #expect(
            counts.batches.reduce(0) { $0 + Int($1.runs) * $1.rows }
                == requests.reduce(0) { $0 + $1.inputs[0].shape.dimensions[0] })
    }

    @Test func `requests of several loops, queued, short and given up, are each answered once and rightly`()
        async throws
    {
        let bench = try Bench(BatchModels.sum, instances: 2, queueLimit: 10_000)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 3)
        let (answers, feed) = AsyncStream.makeStream(of: (Int, Result<PredictionResult, PredictionError>).self)
        let total = 3000
        for number in 0..<total {
            let width = 1 + number % 3
            let count = 1 + number % 5
            let values = (0..<(count * width)).map { Float(number * 100 + $0) }
            let request = InferenceRequest(
                inputs: [
                    try Tensor("a", .fp32, [count, width], values), try Tensor("b", .fp32, [count, width], values),
                ], outputs: [RequestedOutput(index: 0)])
            let loop = group.any()
            loop.execute {
                let begun = bench.start(
                    request, mayRunHere: number % 4 != 0, eventLoop: loop
                ) { feed.yield((number, $0)) }
                switch begun {
                case .answered(let result): feed.yield((number, result))
                case .pending(let ticket): if number % 50 == 0 { ticket.cancel() }
                }
            }
        }
        var seen = Set<Int>()
        for await (number, result) in answers {
            #expect(seen.insert(number).inserted)
            let (width, count) = (1 + number % 3, 1 + number % 5)
            switch result {
            case .success(let answer):
                let expected = (0..<(count * width)).map { 2 * Float(number * 100 + $0) }
                #expect(answer.outputs[0].elements(of: Float.self) == expected)
            case .failure(let error): #expect(error == .cancelled && number % 50 == 0)
            }
            if seen.count == total { break }
        }
        try await group.shutdownGracefully()
        #expect(bench.instance.runs.count < total)
    }

    // MARK: - queued batches

    /// Asks while the only instance stands at the gate, so that all that follows the first gathers.
    private func queued(
        _ bench: Bench, _ requests: [(InferenceRequest, timeout: UInt64?)]
    ) async -> (tickets: [PredictionTicket], answers: AsyncStream<(Int, Result<PredictionResult, PredictionError>)>) {
        let (answers, feed) = AsyncStream.makeStream(of: (Int, Result<PredictionResult, PredictionError>).self)
        var tickets: [PredictionTicket] = []
        let loop = EmbeddedEventLoop()
        for (number, (request, timeout)) in requests.enumerated() {
            let begun = bench.start(
                request, timeout: timeout, mayRunHere: false, eventLoop: loop
            ) { feed.yield((number, $0)) }
            switch begun {
            case .answered(let result): feed.yield((number, result))
            case .pending(let ticket): tickets.append(ticket)
            }
        }
        return (tickets, answers)
    }

    private func collect(
        _ answers: AsyncStream<(Int, Result<PredictionResult, PredictionError>)>, _ count: Int
    ) async -> [Int: Result<PredictionResult, PredictionError>] {
        var all: [Int: Result<PredictionResult, PredictionError>] = [:]
        for await (number, result) in answers {
            all[number] = result
            if all.count == count { break }
        }
        return all
    }

    private func index(_ values: Int64...) throws -> InferenceRequest {
        InferenceRequest(
            inputs: [try Tensor("x", .int64, [values.count], values)], outputs: [RequestedOutput(index: 0)])
    }

    @Test func `one poisonous row fails its sender only`() async throws {
        let gate = Gate()
        let bench = try Bench(BatchModels.lookup, gate: gate)
        let requests = [try index(0), try index(1, 2), try index(3, 99), try index(2), try index(0, 1, 3)]
        // One by itself keeps the thread busy until all others wait.
        let (_, first) = await queued(bench, [(try index(0), nil)])
        await gate.whenArrived(1)
        let (_, answers) = await queued(bench, requests.map { ($0, nil) })
        gate.open()
        _ = await collect(first, 1)
        let results = await collect(answers, requests.count)
        for (number, request) in requests.enumerated() {
            guard number != 2 else { continue }
            let expected = try bench.instance.inner.run(request.inputs, outputs: [0], handle: nil)
            let found = try #require(results[number]).get().outputs
            #expect(found[0].elements(of: Float.self) == expected[0].elements(of: Float.self))
        }
        let poisoned = try #require(results[2])
        #expect(throws: PredictionError.self) { try poisoned.get() }
        // All together once; then each by itself.
        #expect(bench.instance.runs.map { $0.inputs[0].shape.dimensions[0] }.contains(9))
    }

    /// What becomes of `requests` in one batch, and how many rows each run had that followed.
    private func together(
        _ requests: [InferenceRequest], failure: @escaping @Sendable ([Tensor]) -> RunError?
    ) async throws -> (results: [Int: Result<PredictionResult, PredictionError>], runs: [Int]) {
        let gate = Gate()
        let bench = try Bench(BatchModels.lookup, gate: gate, failure: failure)
        let (_, first) = await queued(bench, [(try index(0), nil)])
        await gate.whenArrived(1)
        let (_, answers) = await queued(bench, requests.map { ($0, nil) })
        gate.open()
        _ = await collect(first, 1)
        let results = await collect(answers, requests.count)
        return (results, bench.instance.runs.dropFirst().map { $0.inputs[0].shape.dimensions[0] })
    }

    @Test func `what takes too much memory together is run one by one, and only who takes too much alone is refused`()
        async throws
    {
        let requests = [try index(0), try index(1, 2), try index(0, 1, 3), try index(2)]
        let (results, runs) = try await together(requests) { inputs in
            inputs[0].shape.dimensions[0] > 2 ? .outOfMemory("too much") : nil
        }
        #expect(runs.sorted() == [1, 1, 2, 3, 7])
        for (number, rows) in [(0, 1), (1, 2), (3, 1)] {
            #expect(try results[number]?.get().outputs[0].shape.dimensions == [rows])
        }
        #expect(throws: PredictionError.outOfMemory("too much")) { try results[2]?.get() }
    }

    @Test func `what ended its process is not run again, alone or in company`() async throws {
        let requests = [try index(0), try index(1), try index(2)]
        let (results, runs) = try await together(requests) { inputs in
            inputs[0].shape.dimensions[0] > 2 ? .lost("it died") : nil
        }
        #expect(runs == [3])
        for number in requests.indices {
            #expect(throws: PredictionError.lost("it died")) { try results[number]?.get() }
        }
    }

    @Test func `what is given up or too late is not put into a batch`() async throws {
        let gate = Gate()
        let bench = try Bench(BatchModels.lookup, gate: gate)
        let (_, first) = await queued(bench, [(try index(0), nil)])
        await gate.whenArrived(1)
        let (tickets, answers) = await queued(
            bench, [(try index(1), nil), (try index(2), 1), (try index(3), nil), (try index(1, 1), nil)])
        tickets[2].cancel()
        gate.open()
        let results = await collect(answers, 4)
        _ = await collect(first, 1)
        #expect(throws: PredictionError.deadlineExceeded(milliseconds: 0)) { try results[1]?.get() }
        #expect(throws: PredictionError.cancelled) { try results[2]?.get() }
        #expect(bench.instance.runs.map { $0.inputs[0].elements(of: Int64.self) } == [[0], [1, 1, 1]])
    }

    @Test func `a batch under way is stopped when the last of its callers has gone, and not before`() async throws {
        let gate = Gate()
        let bench = try Bench(BatchModels.lookup, gate: gate)
        let (tickets, answers) = await queued(bench, [(try index(0), nil)])
        await gate.whenArrived(1)
        let (others, gathered) = await queued(bench, [(try index(1), nil), (try index(2), nil)])
        tickets[0].cancel()
        gate.open()
        _ = await collect(answers, 1)
        _ = await collect(gathered, 2)
        #expect(bench.instance.runs[0].handle?.isTerminated == true)
        #expect(others.count == 2)

        let second = Gate()
        let shared = try Bench(BatchModels.lookup, gate: second)
        let (_, opening) = await queued(shared, [(try index(0), nil)])
        await second.whenArrived(1)
        let (pair, pairAnswers) = await queued(shared, [(try index(1), nil), (try index(2), nil)])
        second.openOnce()
        await second.whenArrived(2)
        let handle = try #require(shared.instance.runs.last?.handle)
        pair[0].cancel()
        #expect(!handle.isTerminated)
        pair[1].cancel()
        #expect(handle.isTerminated)
        second.open()
        _ = await collect(opening, 1)
        for (_, result) in await collect(pairAnswers, 2) {
            #expect(throws: PredictionError.cancelled) { try result.get() }
        }
    }

    @Test func `the endpoint's own limit of the queue is told in its refusal`() async throws {
        let gate = Gate()
        let bench = try Bench(BatchModels.lookup, queueLimit: 2, gate: gate)
        let (_, first) = await queued(bench, [(try index(0), nil)])
        await gate.whenArrived(1)
        let (_, answers) = await queued(bench, [(try index(1), nil), (try index(2), nil), (try index(3), nil)])
        gate.open()
        let results = await collect(answers, 3)
        _ = await collect(first, 1)
        #expect(throws: PredictionError.overloaded("2 predictions are waiting already")) { try results[2]?.get() }
        #expect(try results[0]?.get().outputs.count == 1)
    }

    @Test func `a model that answers one row for many is found out, and every request still hears its own`()
        async throws
    {
        let bench = try Bench(BatchModels.total)
        let loop = EmbeddedEventLoop()
        let answers = Answers([:])
        for number in 0..<6 {
            let values = [Float](repeating: Float(number), count: 4)
            let begun = bench.start(
                try request(values, width: 4, outputs: [0]), mayRunHere: true,
                eventLoop: loop
            ) { result in answers.change { $0[number] = result } }
            if case .answered(let result) = begun { answers.change { $0[number] = result } }
        }
        loop.run()
        for number in 0..<6 {
            let outputs = try #require(answers.value[number]).get().outputs
            #expect(outputs[0].elements(of: Float.self) == [Float](repeating: Float(number), count: 4))
        }
        #expect(!bench.model.isBatchable)
    }

    @Test(arguments: LateInstance.Way.allCases)
    func `what an event loop may not wait for is finished by threads, and nobody's answer is lost`(
        way: LateInstance.Way
    ) async throws {
        let bench = try Bench(BatchModels.lookup, late: way)
        let loop = EmbeddedEventLoop()
        let (answers, feed) = AsyncStream.makeStream(of: (Int, Result<PredictionResult, PredictionError>).self)
        for number in 0..<12 {
            // The ninth poisons whatever batch it comes into.
            let value = number == 8 ? 99 : Int64(number % 4)
            let begun = bench.start(try index(value), mayRunHere: true, eventLoop: loop) { feed.yield((number, $0)) }
            if case .answered(let result) = begun { feed.yield((number, result)) }
        }
        loop.run()
        let results = await collect(answers, 12)
        let table = try bench.instance.inner.run(try index(0, 1, 2, 3).inputs, outputs: [0], handle: nil)[0]
        for number in 0..<12 {
            let result = try #require(results[number])
            guard number != 8 else {
                #expect(throws: PredictionError.self) { try result.get() }
                continue
            }
            #expect(
                try result.get().outputs[0].elements(of: Float.self)
                    == [table.elements(of: Float.self)[number % 4]])
        }
    }

    @Test func `a short run takes the place of an instance where the deployment says how many there are`() async throws
    {
        let gate = Gate()
        let bench = try Bench(BatchModels.lookup, instances: 1, gate: gate)
        let (_, first) = await queued(bench, [(try index(0), nil)])
        await gate.whenArrived(1)
        let loop = EmbeddedEventLoop()
        let (answers, feed) = AsyncStream.makeStream(of: (Int, Result<PredictionResult, PredictionError>).self)
        let begun = bench.start(
            try index(3), mayRunHere: true, eventLoop: loop
        ) { feed.yield((0, $0)) }
        guard case .pending = begun else {
            Issue.record("it ran on the loop beside the only instance")
            return
        }
        #expect(bench.compute.queue.depth == 1)
        gate.open()
        #expect(try await collect(answers, 1)[0]?.get().outputs.count == 1)
        _ = await collect(first, 1)
    }
}
