import Serving
import Testing

@testable import GRPCGateway

@Suite struct StatusTests {
    @Test func `the codes are numbered as gRPC numbers them`() {
        #expect(GRPCStatus.Code.resourceExhausted.rawValue == 8)
        #expect(GRPCStatus.Code.unavailable.rawValue == 14)
        #expect(GRPCStatus.Code.unauthenticated.rawValue == 16)
    }

    @Test(arguments: [
        (PredictionError.overloaded("x"), GRPCStatus.Code.resourceExhausted, Int?.some(1)),
        (.unavailable("x"), .unavailable, 1), (.cancelled, .cancelled, nil),
        (.lost("x"), .unavailable, nil), (.outOfMemory("x"), .unavailable, nil), (.notReady("x"), .unavailable, nil),
        (.unloaded, .unavailable, nil), (.failed("x"), .internalError, nil),
        (.invalidInput("x"), .invalidArgument, nil), (.deadlineExceeded(milliseconds: 1), .deadlineExceeded, nil),
    ])
    func `only a prediction that had not begun is asked to come again`(
        error: PredictionError, code: GRPCStatus.Code, seconds: Int?
    ) {
        let status = GRPCStatus(error)
        #expect((status.code, status.retryAfterSeconds) == (code, seconds))
    }
}
