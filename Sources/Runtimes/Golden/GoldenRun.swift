import Glibc
package import InferenceProtocol
package import Tensors

extension ModelArtifact {
    /// The version's own golden requests; empty when it has none.
    ///
    /// - Parameter description: as the checker wrote it down. A file of this name in a version that was pushed before
    ///   golden inputs were known is only a file.
    package func goldenRequests(_ description: ModelDescription) throws(ModelLoadError) -> [GoldenRequest] {
        guard description.goldenRequests != nil else { return [] }
        return try readGoldenRequests(for: description.signature) ?? []
    }

    /// What the version's `golden.json` says; `nil` when there is no such file. Throws `goldenFailed`.
    func readGoldenRequests(for signature: Signature) throws(ModelLoadError) -> [GoldenRequest]? {
        let bytes: [UInt8]
        do throws(FileWindowError) {
            var file = try FileWindow(path: "\(directory)/\(GoldenInputs.fileName)")
            // One more than is read, so that the decoder sees a file that is too long.
            bytes = try file.bytes(at: 0, count: GoldenInputs.maximumBytes + 1)
        } catch {
            if case .system(let code) = error, code == ENOENT { return nil }
            throw ModelLoadError(.goldenFailed, "\(GoldenInputs.fileName) cannot be read")
        }
        do throws(ProtocolError) {
            return try GoldenInputs.decode(bytes, signature: signature)
        } catch {
            throw ModelLoadError(.goldenFailed, "\(GoldenInputs.fileName) does not fit the model: \(error.message)")
        }
    }
}

extension [GoldenRequest] {
    /// Runs every request once. Throws `goldenFailed`, naming the request, when one fails or answers anything but what
    /// is expected of it.
    package func check(on instance: any ModelInstance) throws(ModelLoadError) {
        for (number, golden) in enumerated() {
            let outputs: [Tensor]
            do throws(RunError) {
                outputs = try instance.run(
                    golden.request.inputs, outputs: golden.request.outputs.map(\.index), handle: nil)
            } catch {
                throw ModelLoadError(.goldenFailed, "golden[\(number)]: the model fails on it: \(error.message)")
            }
            if let difference = golden.difference(from: outputs) {
                throw ModelLoadError(.goldenFailed, "golden[\(number)]: \(difference)")
            }
        }
    }
}

extension RunError {
    /// In a sentence for people.
    package var message: String {
        switch self {
        case .invalidInput(let message), .failed(let message), .unavailable(let message), .lost(let message),
            .outOfMemory(let message):
            message
        case .terminated: "the run was stopped"
        }
    }
}
