import HTTP2
import Testing

@Suite struct ErrorCodeTests {
    @Test func `the codes are those of the RFC`() {
        #expect(HTTP2ErrorCode.enhanceYourCalm.rawValue == 0xb)
        #expect(HTTP2ErrorCode(rawValue: 14) == nil)
    }
}
