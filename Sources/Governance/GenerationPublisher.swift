package import Journal

/// Brings what is committed to where it takes effect.
package protocol GenerationPublisher: Sendable {
    /// Returns once whatever was committed before this call is in effect.
    func publish() async throws(ControlError)
}
