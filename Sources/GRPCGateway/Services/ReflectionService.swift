import InferenceProtobuf
import NIOCore

/// Server reflection: tells clients that have no files of ours what is here. Both versions have the same messages.
///
/// Source: "GRPC Server Reflection Protocol", https://github.com/grpc/grpc/blob/master/doc/server-reflection.md.
struct ReflectionService: Sendable {
    static let shared = ReflectionService(files: .own)

    let files: DescriptorFiles

    /// Field numbers of `ServerReflectionRequest`.
    private enum Question: UInt32, CaseIterable {
        case fileByFilename = 3
        case fileContainingSymbol
        case fileContainingExtension
        case allExtensionNumbersOfType
        case listServices
    }

    /// A `ServerReflectionResponse` to one request. What cannot be found is part of the answer: it does not end the
    /// stream.
    func answer(_ request: ByteBuffer) throws -> ProtobufBuilder {
        let message = try ProtobufMessage(request)
        var answer = ProtobufBuilder()
        answer.string(1, try message.string(1))
        answer.bytes(2, request)
        guard let question = try Question.allCases.last(where: { try message.has($0.rawValue) }) else {
            Self.refuse(.invalidArgument, "the request asks for nothing", &answer)
            return answer
        }
        switch question {
        case .fileByFilename:
            let name = try message.string(question.rawValue)
            found(files.withImports(name), "there is no file '\(name.prefix(256))'", &answer)
        case .fileContainingSymbol:
            let name = try message.string(question.rawValue)
            found(files.defining(name), "nothing here is called '\(name.prefix(256))'", &answer)
        case .fileContainingExtension:
            Self.refuse(.notFound, "no message here has extensions", &answer)
        case .allExtensionNumbersOfType:
            let name = try message.string(question.rawValue)
            if files.defining(name) == nil {
                Self.refuse(.notFound, "nothing here is called '\(name.prefix(256))'", &answer)
            } else {
                answer.message(5) { $0.string(1, name) }
            }
        case .listServices:
            answer.message(6) { list in
                for name in GRPCMethod.services.sorted() { list.message(1) { $0.string(1, name) } }
            }
        }
        return answer
    }

    private func found(_ files: [DescriptorFiles.File]?, _ refusal: String, _ answer: inout ProtobufBuilder) {
        guard let files else { return Self.refuse(.notFound, refusal, &answer) }
        answer.message(4) { list in
            for file in files { list.bytes(1, file.bytes) }
        }
    }

    private static func refuse(_ code: GRPCStatus.Code, _ message: String, _ answer: inout ProtobufBuilder) {
        answer.message(7) { error in
            error.int64(1, code.rawValue)
            error.string(2, message)
        }
    }
}
