import InferenceProtobuf
import InferenceProtocol
import Models
import NIOCore
import Tensors

/// Messages of gRPC: requests as the server reads them, answers as the client does.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let (signature, body) = Models.choose(data, count) else { return 0 }
    _ = try? GRPCInferRequest.head(of: body)
    _ = try? GRPCInferRequest.routingKey(of: body, parameter: "user")
    _ = try? GRPCInferResponseDecoder.decode(body)
    if let message = try? ProtobufMessage(body) {
        _ = try? message.strings(1)
        _ = try? message.messages(2)
    }
    guard let request = try? GRPCInferRequestDecoder.decode(body, signature: signature) else { return 0 }
    var answer = ByteBuffer()
    try? GRPCInferResponseEncoder.encode(
        modelName: "m", modelVersion: "1", id: request.id, outputs: request.inputs,
        requested: request.inputs.indices.map {
            RequestedOutput(index: $0, binary: request.outputs.first?.binary ?? true)
        },
        into: &answer)
    return 0
}

/// The package manager's name for `main`; libFuzzer's own is behind it.
@_cdecl("fuzz_grpc_main")
public func start(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    var (count, arguments) = (count, arguments)
    return drive(&count, &arguments, fuzz)
}

@_silgen_name("LLVMFuzzerRunDriver")
private func drive(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
