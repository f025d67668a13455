import Foundation
import InferenceProtobuf
import NIOCore
import Testing

@testable import GRPCGateway

@Suite struct ReflectionTests {
    static func ask(_ number: UInt32, _ text: String) throws -> ProtobufMessage {
        var request = ProtobufBuilder()
        request.string(1, "host")
        request.element(number, text)
        return try ProtobufMessage(ReflectionService.shared.answer(request.bytes).bytes)
    }

    /// The names of the files in the answer.
    static func files(_ number: UInt32, _ text: String) throws -> [String] {
        let list = try ask(number, text).messages(4)
        return try list.flatMap { try $0.messages(1) }.map { try $0.string(1) }
    }

    @Test func `all services are listed, and each is found with its file`() throws {
        let list = try #require(try Self.ask(7, "*").messages(6).first)
        let names = try list.messages(1).map { try $0.string(1) }
        #expect(names.sorted() == GRPCMethod.services.sorted())
        for name in names { #expect(try !Self.files(4, name).isEmpty, "\(name)") }
    }

    @Test func `every method that is served is described, and the other way round`() throws {
        for method in GRPCMethod.all {
            let symbol = method.path.dropFirst().replacing("/", with: ".")
            #expect(try !Self.files(4, String(symbol)).isEmpty, "\(symbol)")
        }
        var described = 0
        for name in ["grpc_service.proto", "grpc/health/v1/health.proto", "grpc/reflection/v1/reflection.proto"] {
            let file = try #require(try Self.ask(3, name).messages(4).first?.messages(1).first)
            for service in try file.messages(6) {
                for method in try service.messages(2) {
                    let path = "/\(try file.string(2)).\(try service.string(1))/\(try method.string(1))"
                    #expect(GRPCMethod.all.contains { $0.path == path }, "\(path)")
                    described += 1
                }
            }
        }
        #expect(described == GRPCMethod.all.count - 1)
    }

    @Test func `a file comes with those that it imports`() throws {
        #expect(try Self.files(3, "grpc_service.proto") == ["grpc_service.proto", "model_config.proto"])
        #expect(try Self.files(4, "inference.ModelInferRequest.InferInputTensor.shape").count == 2)
        #expect(try Self.files(4, "inference.TYPE_BF16") == ["model_config.proto"])
    }

    @Test(arguments: [(UInt32(3), "other.proto"), (4, "inference.Other"), (5, ""), (6, "inference.Other")])
    func `what is not here is an error within the answer`(number: UInt32, name: String) throws {
        let answer = try Self.ask(number, name)
        #expect(try #require(try answer.messages(7).first).uint64(1) == 5)
        #expect(try answer.string(1) == "host")
        #expect(try answer.messages(2).count == 1)
    }

    @Test func `no message has extensions`() throws {
        let answer = try Self.ask(6, "inference.ModelInferRequest")
        #expect(try #require(try answer.messages(5).first).string(1) == "inference.ModelInferRequest")
    }

    /// Where there is a `protoc`: the committed descriptors are those of `proto/`.
    @Test(.enabled(if: protoc != nil)) func `the descriptors are what dev proto makes of the files`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let process = Process()
        let output = Pipe()
        process.executableURL = root.appending(path: "dev/proto")
        process.arguments = ["--print"]
        process.standardOutput = output
        try process.run()
        let made = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let text = String(decoding: made, as: UTF8.self).filter { !$0.isWhitespace }
        #expect(text == Descriptors.base64.filter { !$0.isWhitespace })
    }

    static let protoc = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/protoc" }.first { FileManager.default.isExecutableFile(atPath: $0) }
}
