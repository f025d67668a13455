import NIOCore

/// What is answered beside predictions where MLflow's server or a SageMaker container is asked.
enum InvocationsAnswers {
    /// An empty line, as MLflow's server answers; whoever asks looks at the status alone.
    static func ping(_ isReady: Bool) -> Answer {
        Answer(
            isReady ? .ok : .unavailable, contentType: "text/plain; charset=utf-8", body: ByteBuffer(string: "\n"))
    }
}
