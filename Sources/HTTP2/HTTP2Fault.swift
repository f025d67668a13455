/// What is wrong with a whole connection: it ends with a GOAWAY that says so.
package struct HTTP2Fault: Error, Sendable, Hashable {
    package let code: HTTP2ErrorCode
    /// For the peer's log and ours.
    package let message: String

    package init(_ code: HTTP2ErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }

    static let badHeaderBlock = HTTP2Fault(.compressionError, "a header block cannot be decoded")
}
