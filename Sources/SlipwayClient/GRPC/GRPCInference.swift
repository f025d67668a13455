#if GRPC
    import GRPCCore
    import InferenceProtobuf
    import InferenceProtocol
    import NIOCore

    /// Predictions over gRPC, with the retries and errors that they have over HTTP.
    struct GRPCInference: Sendable {
        let connection: GRPCConnection
        let retrying: Retrying

        private var server: String { connection.address.description }

        func infer(
            _ endpoint: String, space: String, _ request: InferRequest, deadline: Duration?
        ) async throws(ClientError) -> InferAnswer {
            let message = try encoded(endpoint, request)
            return try await retrying.run(isRepeatable: false, deadline: deadline) { left in
                switch await connection.call("ModelInfer", message, space: space, within: left) {
                case .success(let (message, metadata)):
                    do throws(ClientError) {
                        return .answer(try decoded(message, metadata))
                    } catch {
                        return .failure(.final, .failure(error))
                    }
                case .failure(let failure):
                    let error = failure.error(server: server, operation: "predict at \(endpoint)")
                    return .failure(failure.outcome, .failure(error))
                }
            }
        }

        private func encoded(_ endpoint: String, _ request: InferRequest) throws(ClientError) -> ByteBuffer {
            let inputs = try request.inputs.map { input throws(ClientError) in try input.tensor() }
            var message = ByteBuffer()
            do {
                try GRPCInferRequestEncoder.encode(
                    modelName: endpoint, id: request.id, inputs: inputs, outputs: request.outputs, into: &message)
            } catch {
                throw .badInput(error.message)
            }
            return message
        }

        private func decoded(_ message: ByteBuffer, _ metadata: Metadata) throws(ClientError) -> InferAnswer {
            do throws(ProtocolError) {
                let response = try GRPCInferResponseDecoder.decode(message)
                var ids = metadata[stringValues: "slipway-prediction-id"].makeIterator()
                return InferAnswer(
                    modelName: response.modelName, modelVersion: response.modelVersion,
                    id: response.id.isEmpty ? nil : response.id, outputs: response.outputs.map(InferTensor.init),
                    predictionID: ids.next())
            } catch {
                throw .unexpectedAnswer(server: server, what: error.message)
            }
        }
    }
#endif
