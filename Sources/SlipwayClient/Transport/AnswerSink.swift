import NIOCore

/// Takes the body of an answer as it comes, so that it need not fit into memory.
protocol AnswerSink: Sendable {
    /// The body begins; `length` is what the server announces. A call that has come this far is never repeated.
    func begin(length: Int?) throws(ClientError)
    /// Returns when there is room for more.
    func take(_ piece: ByteBuffer) async throws
    /// The body is over. Throws when it is not what it should be.
    func end() throws(ClientError)
}
