/// Who answers the routes that may take their time. A connection knows no more of them than this: what they act on, and
/// with which library, is theirs.
package protocol ManagementAnswerer: Sendable {
    /// Answers one request whose caller is authorised already. Asked in a task of the request's own; the answer is sent
    /// even while some of the body has not been read.
    ///
    /// Whatever goes wrong is an answer too. When the caller leaves, the body ends with an error, and nobody hears what
    /// is answered then.
    func answer(_ request: ForwardedRequest) async -> Answer
}
