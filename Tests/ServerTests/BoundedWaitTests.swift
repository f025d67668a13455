import Testing

@testable import Server

@Suite struct BoundedWaitTests {
    @Test func `a task that takes longer is not waited for, and goes on`() async {
        let (turns, end) = AsyncStream<Void>.makeStream()
        let task = Task { for await _ in turns {} }
        let hasEnded = await BoundedWait.end(of: task, within: .milliseconds(20))
        #expect(!hasEnded)
        #expect(!task.isCancelled)
        end.finish()
        await task.value
    }

    @Test func `the rest of the time is not waited for once the task has ended`() async {
        let begun = ContinuousClock.now
        let hasEnded = await BoundedWait.end(of: Task { await Task.yield() }, within: .seconds(3600))
        #expect(hasEnded)
        #expect(ContinuousClock.now - begun < .seconds(600))
    }

    @Test func `a task that ended before is not waited for`() async {
        let task = Task {}
        await task.value
        let hasEnded = await BoundedWait.end(of: task, within: .seconds(3600))
        #expect(hasEnded)
    }

    @Test func `what comes first resumes, and only that`() async {
        for _ in 0..<100 {
            let value: Int = await withCheckedContinuation { continuation in
                let first = FirstResume(continuation)
                first.resume(returning: 1)
                // A second time would end the process.
                Task { first.resume(returning: 2) }
                first.resume(returning: 3)
            }
            #expect(value == 1)
        }
    }
}
