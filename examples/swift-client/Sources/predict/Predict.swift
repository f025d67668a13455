import SlipwayClient

/// Asks the iris example what two flowers are, over HTTP and over gRPC. `make run` serves it.
@main
enum Predict {
    static let flowers = InferTensor(
        "features", shape: [2, 4], [5.1, 3.5, 1.4, 0.2, 6.2, 2.9, 4.3, 1.3] as [Float])

    static func main() async throws {
        try await SlipwayClient.with(SlipwayClient(server: "http://127.0.0.1:8080")) { client in
            try await ask(client, "HTTP")
        }
        try await SlipwayClient.with(SlipwayClient(grpcServer: "http://127.0.0.1:8081")) { client in
            try await ask(client, "gRPC")
        }
    }

    static func ask(_ client: SlipwayClient, _ wire: String) async throws {
        let answer = try await client.infer("iris", inputs: [flowers], deadline: .seconds(5))
        let labels = try answer["label"].values(as: Int.self)
        let probabilities = try answer["probabilities"].values(as: Float.self)
        print("\(wire): iris:\(answer.modelVersion ?? "?") says \(labels), \(probabilities)")
    }
}
