import CWorkerMemory
import Foundation
import Synchronization
import Testing

@testable import Runtimes

@Suite struct SlotWordsTests {
    private func words() throws -> (SlotWords, SharedMemory) {
        let (memory, descriptor) = try #require(SharedMemory.make(byteCount: SharedLayout.blockBytes))
        close(descriptor)
        return (try #require(SlotWords(memory, slot: 0)), memory)
    }

    private func soon() -> UInt64 { WorkerNanoseconds() + 20_000_000 }

    @Test(arguments: [1, 2, 0x00ff_ffff, 0x0100_0000, 0x0100_0001, .max] as [UInt32])
    func `an answer that is there stays one, however often those who wait are woken`(number: UInt32) throws {
        let (words, memory) = try words()
        words.answer(number)
        for _ in 0..<300 {
            words.wakeWaiting()
            #expect(words.awaitAnswer(to: number, until: soon()) { false })
            #expect(words.awaitAnswerWatched(to: number, until: soon()) { true })
        }
        #expect(!words.awaitAnswer(to: number &+ 1, until: soon()) { false })
        withExtendedLifetime(memory) {}
    }

    @Test func `a loop that comes to its wait too late does not begin it, for the wake has passed`() throws {
        let (words, memory) = try words()
        words.wakeWaiting()
        #expect(!words.awaitAnswerWatched(to: 1, until: WorkerNanoseconds()) { false })
        withExtendedLifetime(memory) {}
    }

    @Test func `who is woken without an answer goes on waiting until it is over or too late`() throws {
        let (words, memory) = try words()
        let isOver = Atomic<Bool>(false)
        let (started, ended) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let waker = Thread {
            started.wait()
            for turn in 0..<20 {
                usleep(1000)
                if turn == 19 { isOver.store(true, ordering: .releasing) }
                words.wakeWaiting()
            }
            ended.signal()
        }
        waker.start()
        started.signal()
        let found = words.awaitAnswer(to: 1, until: WorkerNanoseconds() + 10_000_000_000) {
            isOver.load(ordering: .acquiring)
        }
        ended.wait()
        let wasOver = isOver.load(ordering: .acquiring)
        #expect(!found && wasOver)
        withExtendedLifetime(memory) {}
    }
}
