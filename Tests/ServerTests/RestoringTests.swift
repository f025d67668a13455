import Synchronization
import Testing

@testable import Server

@Suite struct RestoringTests {
    private let failure = RestoreFailure(reason: "a row is damaged")

    @Test func `who looks after what is there begins once it is there`() async {
        let restoring = Restoring()
        await confirmation { begins in
            await restoring.succeeded { begins() }
        }
        #expect(restoring.failure == nil)
    }

    @Test func `in a server that stops nobody begins, and nothing fails`() async {
        let restoring = Restoring()
        await restoring.stop()
        await confirmation(expectedCount: 0) { begins in
            await restoring.succeeded { begins() }
        }
        #expect(!restoring.failed(failure))
        #expect(restoring.failure == nil)
    }

    @Test func `who has begun is waited for by the stop`() async {
        let restoring = Restoring()
        let hasBegun = Atomic(false)
        let (begins, begun) = AsyncStream<Void>.makeStream()
        async let succeeded: Void = restoring.succeeded {
            begun.finish()
            try? await Task.sleep(for: .milliseconds(50))
            hasBegun.store(true, ordering: .sequentiallyConsistent)
        }
        for await _ in begins {}
        await restoring.stop()
        let wasWaitedFor = hasBegun.load(ordering: .sequentiallyConsistent)
        #expect(wasWaitedFor)
        await succeeded
    }

    @Test func `a failure stays, with its reason`() async {
        let restoring = Restoring()
        #expect(restoring.failed(failure))
        await confirmation(expectedCount: 0) { begins in
            await restoring.succeeded { begins() }
        }
        await restoring.stop()
        #expect(restoring.failure?.description == "what is committed could not be brought back: a row is damaged")
    }
}
