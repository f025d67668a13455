/// What a runtime reads out of a model file: its signature and what the file says about itself.
package struct ModelDescription: Sendable, Hashable, Codable {
    /// The format's name: `onnx`.
    package var format: String
    package var signature: Signature
    /// Operator set versions by domain; the default domain is `ai.onnx`.
    package var opsets: [String: Int]
    /// The ONNX format's own version (`ir_version`); 0 where the file does not say.
    package var irVersion: Int
    /// The tool that wrote the file, for example `pytorch`; like the texts below empty where the file does not say.
    package var producer: String
    package var producerVersion: String
    package var graphName: String
    /// The file's `doc_string`.
    package var documentation: String
    /// The file's `metadata_props`.
    package var customMetadata: [String: String]
    /// Whether the graph holds a Loop, Scan or If at any depth: such a model may run for ever and is never run inline.
    package var hasControlFlow: Bool
    /// Relative paths of the external data files that the model refers to.
    package var externalFiles: [String]
    /// What the one trial run in the checker showed; `nil` when it was not made.
    package var trialRun: TrialRun?
    /// How many golden requests the version brings along, all of which the checker ran; `nil` when it has none.
    package var goldenRequests: Int?

    package init(
        format: String, signature: Signature, opsets: [String: Int] = [:], irVersion: Int = 0, producer: String = "",
        producerVersion: String = "", graphName: String = "", documentation: String = "",
        customMetadata: [String: String] = [:], hasControlFlow: Bool = false, externalFiles: [String] = [],
        trialRun: TrialRun? = nil, goldenRequests: Int? = nil
    ) {
        self.format = format
        self.signature = signature
        self.opsets = opsets
        self.irVersion = irVersion
        self.producer = producer
        self.producerVersion = producerVersion
        self.graphName = graphName
        self.documentation = documentation
        self.customMetadata = customMetadata
        self.hasControlFlow = hasControlFlow
        self.externalFiles = externalFiles
        self.trialRun = trialRun
        self.goldenRequests = goldenRequests
    }
}

/// A run on made-up inputs (zeros, ones, empty strings; symbolic dimensions of one).
package struct TrialRun: Sendable, Hashable, Codable {
    /// False is a finding, not a fault: made-up inputs do not suit every model.
    package var succeeded: Bool
    /// The runtime's message when the made-up inputs did not suit the model.
    package var message: String
    /// How long the run took, whether or not it succeeded.
    package var microseconds: Int

    package init(succeeded: Bool, message: String, microseconds: Int) {
        self.succeeded = succeeded
        self.message = message
        self.microseconds = microseconds
    }
}
