import Testing

@testable import GRPCGateway

@Suite struct StatusTests {
    @Test func `the codes are numbered as gRPC numbers them`() {
        #expect(GRPCStatus.Code.resourceExhausted.rawValue == 8)
        #expect(GRPCStatus.Code.unavailable.rawValue == 14)
        #expect(GRPCStatus.Code.unauthenticated.rawValue == 16)
    }
}
