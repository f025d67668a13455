import Serving
import Testing

@testable import Gateway

@Suite struct ErrorAnswerTests {
    @Test(arguments: [
        (PredictionError.overloaded("x"), HTTPStatus.tooManyRequests, String?.some("1")),
        (.unavailable("x"), .unavailable, "1"), (.cancelled, .unavailable, nil),
        (.lost("x"), .unavailable, nil), (.outOfMemory("x"), .unavailable, nil), (.notReady("x"), .unavailable, nil),
        (.unloaded, .unavailable, nil), (.failed("x"), .internalError, nil), (.invalidInput("x"), .badRequest, nil),
        (.deadlineExceeded(milliseconds: 1), .gatewayTimeout, nil),
    ])
    func `only a prediction that had not begun is asked to come again`(
        error: PredictionError, status: HTTPStatus, seconds: String?
    ) {
        let fault = HTTPFault(error)
        #expect(fault.status == status)
        #expect(fault.fields.first { $0.0 == "retry-after" }?.1 == seconds)
    }
}
