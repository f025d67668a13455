import NIOCore
import Testing

@testable import SlipwayClient

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct ConnectionFailureTests {
    @Test(arguments: [
        (ECONNREFUSED, "connection refused"), (EHOSTUNREACH, "no route to the host"),
        (ENETUNREACH, "no route to the host"), (ETIMEDOUT, "no answer"),
    ])
    func `what keeps a connection from coming about leaves nothing sent`(number: Int32, reason: String) {
        let failure = ConnectionFailure(IOError(errnoCode: number, reason: "connect"))
        #expect(failure == .unreachable(reason))
        #expect(failure.outcome == .unreachable)
    }

    @Test func `what breaks one leaves open what was done`() {
        #expect(ConnectionFailure(BrokenConnection()) == .lost)
        #expect(ConnectionFailure(IOError(errnoCode: ECONNRESET, reason: "read")) == .lost)
    }

    @Test func `whoever cancels is not told of a server's fault`() {
        let failure = ConnectionFailure(CancellationError())
        #expect(failure.error(server: "http://h", operation: "predict") == .cancelled)
        #expect(failure.outcome == .final)
    }
}
