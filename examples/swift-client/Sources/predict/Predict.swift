import SlipwayClient

/// Asks the iris example what two flowers are, over HTTP and, with the trait `GRPC`, over gRPC. `make run` serves it.
///
///     predict [HTTP-ADDRESS [GRPC-ADDRESS]]
@main
enum Predict {
    static let flowers = InferTensor(
        "features", shape: [2, 4], [5.1, 3.5, 1.4, 0.2, 6.2, 2.9, 4.3, 1.3] as [Float])

    static func main() async throws {
        let addresses = Array(CommandLine.arguments.dropFirst())
        let http = addresses.first ?? "http://127.0.0.1:8080"
        try await SlipwayClient.with(SlipwayClient(server: http)) { client in
            try await ask(client, "HTTP")
        }
        #if GRPC
            let grpc = addresses.dropFirst().first ?? "http://127.0.0.1:8081"
            try await SlipwayClient.with(SlipwayClient(server: http, grpcServer: grpc)) { client in
                try await ask(client, "gRPC")
            }
        #endif
    }

    static func ask(_ client: SlipwayClient, _ wire: String) async throws {
        let answer = try await client.infer("iris", inputs: [flowers], deadline: .seconds(5))
        let labels = try answer["label"].values(as: Int.self)
        let probabilities = try answer["probabilities"].values(as: Float.self)
        print("\(wire): iris:\(answer.modelVersion ?? "?") says \(labels), \(probabilities)")
    }
}
