import ArgumentParser
import ManagementAPI
import SlipwayClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

enum PredictionProtocol: String, ExpressibleByArgument, CaseIterable, Sendable {
    case http, grpc
}

struct Predict: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask an endpoint for predictions.",
        discussion: """
            Takes CSV whose first line names the columns, rows as JSON ([[1, 2], [3, 4]]
            or [{"a": 1, "b": 2}]), and whole requests of the Open Inference Protocol or
            of TensorFlow Serving. Columns are matched to the model's inputs by name where
            names are known, else by their order.

              slipway predict churn --file customers.csv
              slipway predict churn --data '[[5.1, 3.5, 1.4, 0.2]]' --output json
              cat customers.csv | slipway predict churn --file -
              slipway predict churn --file customers.csv --protocol grpc
            """)

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @Option(help: "A JSON or CSV file; - is standard input.")
    var file: String?

    @Option(help: ArgumentHelp("The JSON itself.", valueName: "json"))
    var data: String?

    @Option(name: .customLong("protocol"), help: "How the prediction travels.")
    var wire: PredictionProtocol = .http

    @Option(
        help: ArgumentHelp(
            "The server's address for gRPC (SLIPWAY_GRPC_SERVER, else \(GlobalOptions.defaultGRPCServer)).",
            valueName: "url"))
    var grpcServer: String?

    @OptionGroup var global: GlobalOptions

    mutating func validate() throws {
        guard wire == .grpc || grpcServer == nil else {
            throw ValidationError("--grpc-server goes with --protocol grpc")
        }
        guard (file == nil) != (data == nil) else {
            throw ValidationError("give the rows to predict for with either --file FILE or --data JSON")
        }
    }

    func run() async throws {
        let source: InputSource = data.map { .text($0) } ?? (file == "-" ? .standardInput : .file(file ?? "-"))
        let settings = global.settings(grpcServer: grpcServer)
        try await Session.run(global, grpcServer: wire == .grpc ? settings.grpcServer : nil) { session in
            switch try PredictInput(source.read(), source: source.name) {
            case .openInference(let body): try await openInference(body, session)
            case .tensorFlow(let body): try await tensorFlow(body, session)
            case .rows(let rows): try await predict(rows, session)
            }
        }
    }

    private func openInference(_ body: [UInt8], _ session: Session) async throws {
        let client = session.client
        let answer = try await session.naming(.endpoint, endpoint) {
            switch wire {
            case .http: try await client.infer(endpoint, json: body)
            case .grpc: try await client.infer(endpoint, request: body).json()
            }
        }
        if session.format == .json { return show(answer, session) }
        let classes = await version(session).flatMap { NameList.classes($0.metadata) }
        show(try client.readInferAnswer(answer).outputs, classes, session)
    }

    private func tensorFlow(_ body: [UInt8], _ session: Session) async throws {
        guard wire == .http else {
            throw Failure(
                "TensorFlow Serving's form of request has no tensors that could be sent over gRPC",
                hint: "leave out --protocol grpc, or write the request in the Open Inference Protocol's form",
                code: .usage)
        }
        let answer = try await session.naming(.endpoint, endpoint) {
            try await session.client.predictTensorFlow(endpoint, json: body)
        }
        if session.format == .json { return show(answer, session) }
        guard let decoded = try? JSONDecoder().decode(TensorFlowAnswer.self, from: Data(answer)) else {
            return show(answer, session)
        }
        session.print(decoded.table)
    }

    private func predict(_ rows: Rows, _ session: Session) async throws {
        let client = session.client
        let deployment = try await session.naming(.endpoint, endpoint) { try await client.deployment(endpoint) }
        let version = try await Self.describing { try await client.version(deployment.version, of: deployment.model) }
        let plan = try InputPlan(rows: rows, inputs: version.inputs, features: NameList.features(version.metadata))
        if !plan.unused.isEmpty {
            session.console.say("not used: \(plan.unused.joined(separator: ", "))")
        }
        var outputs: [InferTensor] = []
        for range in plan.batches(rows.cells.count) {
            let answer = try await client.infer(endpoint, inputs: plan.tensors(rows, range))
            if session.format == .json {
                show(try answer.json(), session)
            } else {
                outputs = try outputs.isEmpty ? answer.outputs : joined(outputs, answer.outputs)
            }
        }
        if session.format == .table { show(outputs, NameList.classes(version.metadata), session) }
    }

    /// Rows are matched to inputs by what the version says of itself, which a key of some endpoints may not see.
    private static func describing(_ body: () async throws -> VersionInfo) async throws -> VersionInfo {
        do {
            return try await body()
        } catch ClientError.refused(status: 403, var refusal) {
            refusal.hint =
                "rows are matched to the model's inputs by its description; "
                + "a whole request of the Open Inference Protocol needs none: --file request.json"
            throw ClientError.refused(status: 403, refusal)
        }
    }

    /// The version behind the endpoint, where the server tells.
    private func version(_ session: Session) async -> VersionInfo? {
        guard let deployment = try? await session.client.deployment(endpoint) else { return nil }
        return try? await session.client.version(deployment.version, of: deployment.model)
    }

    private func joined(_ first: [InferTensor], _ second: [InferTensor]) throws -> [InferTensor] {
        guard first.map(\.name) == second.map(\.name) else {
            throw Failure("the outputs changed from one request to the next: another version was deployed meanwhile")
        }
        return try zip(first, second).map { first, second in
            guard let joined = first.appending(second) else {
                throw Failure(
                    "output \(first.name) has no row for each row asked about, so several answers do not fit one table",
                    hint: "--output json prints each answer on a line of its own")
            }
            return joined
        }
    }

    private func show(_ outputs: [InferTensor], _ classes: [String]?, _ session: Session) {
        for (number, table) in PredictionTable.tables(outputs, classes: classes).enumerated() {
            if number > 0 { session.console.print() }
            session.print(table)
        }
    }

    /// The answer as it came, and a line's end.
    private func show(_ answer: [UInt8], _ session: Session) {
        session.console.print(bytes: answer.last == UInt8(ascii: "\n") ? answer : answer + [UInt8(ascii: "\n")])
    }
}
