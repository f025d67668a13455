import Testing

@testable import Serving

@Suite struct ProcessorTimeTests {
    @Test func `idle time is what nobody wanted and what waited for disks, of all but the guests' part`() {
        let time = ProcessorTime("cpu  10 20 30 400 50 6 7 8 9 10\ncpu0 1 2 3 4\n")
        #expect(time == ProcessorTime("cpu 10 20 30 400 50 6 7 8"))
        #expect(time?.idle == 450)
        #expect(time?.all == 531)
    }

    @Test(arguments: ["", "\n", "intr 1 2 3 4 5", "cpu 1 2 3", "cpu a b c d", "cpu"])
    func `what is no such line tells nothing`(text: String) {
        #expect(ProcessorTime(text) == nil)
    }

    @Test func `a share is taken between two moments, and of none there is none`() throws {
        let before = try #require(ProcessorTime("cpu 100 0 0 100"))
        #expect(try #require(ProcessorTime("cpu 130 0 0 110")).idleShare(since: before) == 0.25)
        #expect(try #require(ProcessorTime("cpu 100 0 0 200")).idleShare(since: before) == 1)
        #expect(before.idleShare(since: before) == nil)
        #expect(try #require(ProcessorTime("cpu 200 0 0 90")).idleShare(since: before) == nil)
    }
}
