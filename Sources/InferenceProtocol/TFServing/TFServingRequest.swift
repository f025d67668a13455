/// A TensorFlow Serving predict request after decoding, and the form its answer must have.
package struct TFServingRequest: Sendable {
    /// How a request was written, and so how its answer is.
    package enum Form: Sendable, Hashable {
        /// `instances`, answered with `predictions`: one value, or one object by name, for each row.
        case row
        /// `inputs`, answered with `outputs`: one whole tensor, or an object of them by name.
        case column
    }

    package var request: InferenceRequest
    package var form: Form

    package init(request: InferenceRequest, form: Form) {
        self.request = request
        self.form = form
    }
}
