import Foundation
import Journal
import Runtimes
import Serving
import Synchronization
import Tensors

/// One version that is measured: loaded, with its requests.
struct MeasuredVersion: Sendable {
    let label: String
    let instance: any ModelInstance
    let requests: LatencyRequests
    let outputs: [Int]
}

/// Measures one or two versions, round by round in turn, so that what else the machine does meets both.
struct LatencyMeasurement: Sendable {
    let rule: LatencyRule
    let work: GateWork
    /// Nanoseconds that only ever grow.
    let clock: @Sendable () -> UInt64
    let threads = ThreadPool()

    private static let rounds = 40

    /// One sample for each version, all with as many rounds. Blocks.
    func measure(
        _ versions: [MeasuredVersion], progress: (String) -> Void
    ) throws(ControlError) -> [LatencySample] {
        for version in versions {
            progress("\(version.label): warming up")
            for number in 0..<rule.warmUp { try ask(version, number) }
        }
        var samples = Array(repeating: LatencySample(), count: versions.count)
        let slice = UInt64(rule.seconds) * 1_000_000_000 / UInt64(Self.rounds * max(1, versions.count))
        let most = (rule.maximumRequests + Self.rounds - 1) / Self.rounds
        for round in 0..<Self.rounds {
            // Who comes second finds other caches than who comes first: they take turns at that as well.
            let order = round.isMultiple(of: 2) ? Array(versions.indices) : versions.indices.reversed()
            for index in order {
                samples[index].rounds.append(
                    try self.round(versions[index], nanoseconds: slice, most: most, from: samples[index].requests))
            }
            if (round + 1) % 8 == 0 { progress("measured \(round + 1) of \(Self.rounds) rounds") }
        }
        return samples
    }

    private func ask(_ version: MeasuredVersion, _ number: Int) throws(ControlError) {
        let request = version.requests.all[number % version.requests.all.count]
        _ = try work.answer(version.instance, request.inputs, outputs: version.outputs, who: version.label)
    }

    // MARK: - One round

    /// What the callers of one round have done together.
    private final class Tally: Sendable {
        struct State {
            var round = LatencySample.Round()
            var sent = 0
            var failure: ControlError?
        }

        let state = Mutex(State())

        /// The next request's number; `nil` when there are enough, or one has failed.
        func next(of most: Int) -> Int? {
            state.withLock { state in
                guard state.sent < most, state.failure == nil else { return nil }
                state.sent += 1
                return state.sent - 1
            }
        }
    }

    /// Requests one after the other, by as many callers as the rule wants, until `nanoseconds` are over or `most` are sent;
    /// at least one for each caller.
    private func round(
        _ version: MeasuredVersion, nanoseconds: UInt64, most: Int, from first: Int
    ) throws(ControlError) -> LatencySample.Round {
        let tally = Tally()
        let start = clock()
        let calls: @Sendable () -> Void = {
            repeat {
                guard let number = tally.next(of: max(most, rule.callers)) else { return }
                send(version, first + number, tally)
            } while clock() &- start < nanoseconds
        }
        if rule.callers == 1 {
            calls()
        } else {
            try together(calls)
        }
        let elapsed = clock() &- start
        var (round, failure) = tally.state.withLock { ($0.round, $0.failure) }
        if let failure { throw failure }
        round.elapsed = Double(elapsed) / 1_000_000
        return round
    }

    private func send(_ version: MeasuredVersion, _ number: Int, _ tally: Tally) {
        let start = clock()
        do throws(ControlError) {
            try ask(version, number)
        } catch {
            tally.state.withLock { $0.failure = $0.failure ?? error }
            return
        }
        let milliseconds = Double(clock() &- start) / 1_000_000
        let rows = version.requests.all[number % version.requests.all.count].rows
        tally.state.withLock { state in
            state.round.milliseconds.append(milliseconds)
            state.round.rows += rows
        }
    }

    private func together(_ calls: @escaping @Sendable () -> Void) throws(ControlError) {
        let group = DispatchGroup()
        var isRunning = true
        for _ in 0..<rule.callers {
            group.enter()
            let started = threads.run {
                calls()
                group.leave()
            }
            if !started {
                group.leave()
                isRunning = false
            }
        }
        group.wait()
        guard isRunning else { throw ControlError(.unavailable, "the system gives no threads to measure with") }
    }
}
