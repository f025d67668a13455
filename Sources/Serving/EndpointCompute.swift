import InferenceProtocol
import NIOCore
import Synchronization

/// What all endpoints compute with.
struct ComputeResources: Sendable {
    let pool: ThreadPool
    let watch: DeadlineWatch
    /// Runs of one endpoint at once, where its deployment says nothing.
    let instances: Int
    /// Predictions that may wait for one endpoint, where its deployment says nothing.
    let queueLimit: Int
}

/// How the predictions of one endpoint get to their runs: at once on the event loop that brought them, in one batch with
/// others that the same turn of that loop brought, or through the endpoint's queue.
final class EndpointCompute: Sendable {
    let queue: ComputeQueue
    private let watch: DeadlineWatch
    private let statistics: EndpointStatistics
    /// Rows of one run; `nil` when every request is a run of its own.
    private let maxRows: Int?
    /// Whether runs on event loops count as instances: they do where the deployment says how many it wants.
    private let boundsLoops: Bool
    private let ticks = Mutex<[(loop: ObjectIdentifier, batch: TickBatch)]>([])

    init(options: EndpointOptions, statistics: EndpointStatistics, resources: ComputeResources) {
        self.statistics = statistics
        watch = resources.watch
        maxRows = options.batching.map { max(1, $0.maxBatchSize) }
        boundsLoops = options.instances != nil
        let delay = UInt64(max(0, options.batching?.maxDelayMicroseconds ?? 0))
        queue = ComputeQueue(
            pool: resources.pool,
            rules: BatchPolicy.Rules(
                instances: max(1, options.instances ?? resources.instances),
                queueLimit: max(1, options.queueLimit ?? resources.queueLimit), maxRows: maxRows ?? 1,
                maxDelay: delay.multipliedReportingOverflow(by: 1000).partialValue))
    }

    /// As `Endpoint.runHere`, on a model that is in memory.
    func runHere(_ request: InferenceRequest, on model: LoadedModel, at now: UInt64) -> ImmediateRun? {
        guard maxRows == nil, !boundsLoops, model.isInProcess, model.runsInline(request) else { return nil }
        do throws(PredictionError) {
            let result = try model.runShort(request, at: now)
            statistics.recordRun(rows: nil, compute: result.compute)
            return ImmediateRun(result: .success(result), ended: now &+ result.compute)
        } catch {
            return ImmediateRun(result: .failure(error), ended: MonotonicClock.nanoseconds())
        }
    }

    /// As `Endpoint.start`, on a model that is in memory.
    ///
    /// - Parameters:
    ///   - count: the rows of `request`.
    ///   - allowed: nanoseconds to the deadline.
    func start(
        _ request: InferenceRequest, rows count: Int, on model: LoadedModel, allowed: UInt64, mayRunHere: Bool,
        eventLoop: any EventLoop, completion: @escaping PredictionCompletion
    ) -> PredictionStart {
        let isShort = mayRunHere && model.runsInline(request)
        let rows = maxRows == nil ? nil : count
        let share = maxRows.flatMap { BatchShare(request, model: model, maxRows: $0) }
        func job() -> ComputeJob {
            ComputeJob(
                model: model, statistics: statistics, request: request, rows: rows, share: share, queue: queue,
                watch: watch, allowed: allowed, completion: completion)
        }
        let tick = isShort && share != nil ? tick(of: eventLoop) : nil
        if let tick, tick.gathers() {
            let job = job()
            tick.add(job, eventLoop: eventLoop)
            return .pending(PredictionTicket(job))
        }
        guard isShort, !boundsLoops || queue.borrow() else { return enqueue(job()) }
        defer {
            if boundsLoops { queue.giveBack() }
            tick?.ranAlone(eventLoop: eventLoop)
        }
        do throws(PredictionError) {
            switch try model.attempt(request) {
            case .answered(let result):
                statistics.recordRun(rows: rows, compute: result.compute)
                return .answered(.success(result))
            case .underWay(let rest):
                let job = job()
                if let run = ComputeRun([job], onEventLoop: true, hasBegun: true) { queue.adopt(run, rest) }
                return .pending(PredictionTicket(job))
            case .busy: return enqueue(job())
            }
        } catch {
            return .answered(.failure(error))
        }
    }

    /// As `Endpoint.refusal`, of a model that is in memory: what may run on an event loop needs no place in the line.
    func refusal(of model: LoadedModel) -> PredictionError? {
        queue.isFull && !model.runsSomeInline ? queue.refusal : nil
    }

    private func enqueue(_ job: ComputeJob) -> PredictionStart {
        if let refusal = queue.submit(job) { return .answered(.failure(refusal)) }
        return .pending(PredictionTicket(job))
    }

    private func tick(of eventLoop: any EventLoop) -> TickBatch {
        let loop = ObjectIdentifier(eventLoop)
        return ticks.withLock { ticks in
            for known in ticks where known.loop == loop { return known.batch }
            let batch = TickBatch(maxRows: maxRows ?? 1, queue: queue, boundsLoops: boundsLoops)
            ticks.append((loop, batch))
            return batch
        }
    }
}
