import Foundation
import Runtimes
import Synchronization
import Tensors
import Testing

/// What happens to a worker, in real processes: the slipway binary that lies beside the tests, or that SLIPWAY_BINARY names.
@Suite(.enabled(if: TestMachine.slipway != nil, "there is no slipway binary beside the tests"))
struct WorkerTests {
    /// The processes that work on the model in `folder`.
    private func workers(_ folder: TestFolder) -> [pid_t] {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        let children = tasks.flatMap { task in
            ((try? String(contentsOfFile: "/proc/self/task/\(task)/children", encoding: .utf8)) ?? "").split(
                separator: " ")
        }
        return children.compactMap { pid_t($0) }.filter { pid in
            let words = try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)
            return words?.contains(folder.path) ?? false
        }
    }

    private func run(_ instance: any ModelInstance, _ value: Float) throws -> [Float]? {
        let x = try Tensor("a", .fp32, [1, 2], [value, value])
        return try instance.run([x], outputs: [0], handle: nil).first?.elements(of: Float.self)
    }

    @Test func `a killed worker is replaced, and the next run waits for that`() throws {
        let folder = try TestFolder()
        let instance = try TestMachine.loadInWorker(TestModels.addSub, folder)
        #expect(try run(instance, 1) == [11, 11])
        for restarts in 1...3 {
            let pid = try #require(workers(folder).first)
            kill(pid, SIGKILL)
            // The run may still meet the dying one, and is then lost with it.
            while true {
                do throws(any Error) {
                    #expect(try run(instance, 2) == [12, 12])
                    if workers(folder).first != pid { break }
                } catch let error as RunError {
                    guard case .lost = error else { throw error }
                }
            }
            #expect(instance.restarts == restarts)
            #expect(instance.health == .running)
        }
    }

    @Test func `a crash loop opens the breaker, which refuses at once and says why`() throws {
        let folder = try TestFolder()
        let instance = try TestMachine.loadInWorker(TestModels.addSub, folder)
        var seen = Set<pid_t>()
        while seen.count < 4 {
            for pid in workers(folder) where seen.insert(pid).inserted { kill(pid, SIGSEGV) }
            if seen.count < 4 { _ = try? run(instance, 1) }
        }
        while true {
            do throws(any Error) {
                _ = try run(instance, 1)
            } catch let error as RunError {
                if case .lost = error { continue }
                guard case .unavailable(let why) = error else { throw error }
                if why.contains("4 times in a row"), why.contains("signal 11") { break }
            }
        }
        guard case .suspended(let why) = instance.health else { throw RunError.failed("\(instance.health)") }
        #expect(why.contains("started again in"))
    }

    @Test func `a run that never ends is given up, and its worker with it`() throws {
        let folder = try TestFolder()
        let instance = try TestMachine.loadInWorker(TestModels.addSub, folder, runMilliseconds: 50)
        let pid = try #require(workers(folder).first)
        kill(pid, SIGSTOP)
        let now = clock_gettime_nsec()
        let x = try Tensor("a", .fp32, [1, 2], [1, 1] as [Float])
        do {
            _ = try instance.run([x], outputs: [0], handle: RunHandle(deadline: now + 50_000_000))
            Issue.record("a stopped process has answered")
        } catch {
            guard case .lost(let why) = error else { throw error }
            #expect(why.contains("after its deadline"))
        }
        // Longer than the endpoint's own deadline, since the next worker has to be loaded first.
        let later = RunHandle(deadline: clock_gettime_nsec() + 60_000_000_000)
        #expect(try instance.run([x], outputs: [0], handle: later).first?.elements(of: Float.self) == [11, 11])
        #expect(workers(folder) != [pid])
    }

    @Test func `a caller who cannot wait takes the worker away from nobody`() throws {
        let folder = try TestFolder()
        let instance = try TestMachine.loadInWorker(TestModels.addSub, folder)
        let pid = try #require(workers(folder).first)
        // For as long as one operator of a large model may take.
        kill(pid, SIGSTOP)
        let now = clock_gettime_nsec()
        let alarm = Thread {
            Thread.sleep(forTimeInterval: 0.4)
            kill(pid, SIGCONT)
        }
        alarm.start()
        let x = try Tensor("a", .fp32, [1, 2], [1, 1] as [Float])
        let answer = try instance.run([x], outputs: [0], handle: RunHandle(deadline: now + 20_000_000))
        #expect(answer.first?.elements(of: Float.self) == [11, 11])
        #expect(workers(folder) == [pid])
        #expect(instance.restarts == 0)
    }

    @Test func `an event loop does not wait for outputs that need more room`() throws {
        let folder = try TestFolder()
        let instance = try TestMachine.loadInWorker(TestModels.zeros, folder)
        let shape = try Tensor("shape", .int64, [1], [3_000_000] as [Int64])
        // Now and then it does not wait for the run itself.
        guard case .underWay(let rest) = try instance.attempt([shape], outputs: [0]) else {
            throw RunError.failed("it was answered at once, or not begun")
        }
        #expect(try rest.finish(handle: nil).outputs.first?.storage.byteCount == 12_000_000)
    }

    @Test func `what large calls have left behind makes room for a larger one`() throws {
        let folder = try TestFolder()
        let instance = try TestMachine.loadInWorker(TestModels.zeros, folder, memoryBytes: 256 << 20)
        func run(_ megabytes: Int64) throws -> Tensor? {
            let shape = try Tensor("shape", .int64, [1], [megabytes << 18])
            return try instance.run([shape], outputs: [0], handle: nil).first
        }
        // Each output that somebody reads keeps its slot, so that all four come to have 64 MiB.
        var read: [Tensor?] = []
        for _ in 0..<4 { read.append(try run(40)) }
        #expect(read.count == 4)
        read = []
        #expect(try run(70)?.storage.byteCount == 70 << 20)
        #expect(instance.restarts == 0)
    }

    @Test func `the stacks of many slots are not the model's memory`() throws {
        let folder = try TestFolder()
        let instance = try TestMachine.loadInWorker(TestModels.addSub, folder, memoryBytes: 128 << 20, runs: 128)
        #expect(try run(instance, 1) == [11, 11])
    }

    @Test func `outputs of any size come back`() throws {
        let folder = try TestFolder()
        let instance = try TestMachine.loadInWorker(TestModels.zeros, folder)
        for count in [0, 1, 70_000, 3_000_000, 20_000_000, 5] as [Int64] {
            let shape = try Tensor("shape", .int64, [2], [2, count])
            let output = try #require(try instance.run([shape], outputs: [0], handle: nil).first)
            #expect(output.shape.dimensions == [2, Int(count)])
            #expect(output.storage.byteCount == 8 * Int(count))
            #expect(output.storage.bytes.allSatisfy { $0 == 0 })
        }
    }

    @Test func `memory beyond the limit is refused to the run, and the worker lives on`() throws {
        let folder = try TestFolder()
        let instance = try TestMachine.loadInWorker(TestModels.zeros, folder, memoryBytes: 1 << 30)
        let shape = try Tensor("shape", .int64, [2], [1 << 20, 1 << 10])
        do {
            _ = try instance.run([shape], outputs: [0], handle: nil)
            Issue.record("4 GiB were given to a worker that may have 1")
        } catch {
            guard case .outOfMemory(let why) = error else { throw error }
            #expect(why.contains("more memory than its worker may have"))
        }
        let small = try Tensor("shape", .int64, [1], [2])
        #expect(try instance.run([small], outputs: [0], handle: nil).first?.elements(of: Float.self) == [0, 0])
        #expect(instance.restarts == 0)
    }

    @Test func `an event loop that does not wait gets the answer from whoever does`() throws {
        let folder = try TestFolder()
        let instance = try TestMachine.loadInWorker(TestModels.addSub, folder)
        let x = try Tensor("a", .fp32, [1, 2], [1, 1] as [Float])
        let pid = try #require(workers(folder).first)
        kill(pid, SIGSTOP)
        guard case .underWay(let rest) = try instance.attempt([x], outputs: [0]) else {
            throw RunError.failed("a stopped process has answered")
        }
        // Nobody else waits while somebody is late.
        guard case .busy = try instance.attempt([x], outputs: [0]) else { throw RunError.failed("not busy") }
        kill(pid, SIGCONT)
        #expect(try rest.finish(handle: nil).outputs.first?.elements(of: Float.self) == [11, 11])
    }

    @Test func `a worker goes with its instance`() throws {
        let folder = try TestFolder()
        var instance: (any ModelInstance)? = try TestMachine.loadInWorker(TestModels.addSub, folder)
        let pid = try #require(workers(folder).first)
        #expect(instance != nil)
        instance = nil
        while kill(pid, 0) == 0 { sched_yield() }
        #expect(workers(folder).isEmpty)
    }

    @Test func `a model that cannot be loaded says why, and leaves no process`() throws {
        let folder = try TestFolder()
        let signature = try TestMachine.load(TestModels.addSub).description.signature
        let artifact = try folder.artifact([1, 2, 3])
        let error = #expect(throws: ModelLoadError.self) {
            try TestMachine.host.load(
                artifact, signature: signature, options: RuntimeOptions(),
                limits: WorkerLimits(runs: 1, runMilliseconds: 1000), place: "test")
        }
        #expect(error?.reason == .invalidModel)
        #expect(workers(folder).isEmpty)
    }

    @Test func `a model with another signature than the version's is refused`() throws {
        let folder = try TestFolder()
        let artifact = try folder.artifact(TestModels.zeros.bytes)
        let error = #expect(throws: ModelLoadError.self) {
            try TestMachine.host.load(
                artifact, signature: Signature(inputs: [], outputs: []), options: RuntimeOptions(),
                limits: WorkerLimits(runs: 1, runMilliseconds: 1000), place: "test")
        }
        #expect(error?.message.contains("other inputs or outputs") == true)
        #expect(workers(folder).isEmpty)
    }

    private func clock_gettime_nsec() -> UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }
}
