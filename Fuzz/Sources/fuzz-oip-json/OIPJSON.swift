import InferenceProtocol
import Models
import NIOCore
import Tensors

/// Requests of the Open Inference Protocol over HTTP without binary tensors; what is taken is written back.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let (signature, body) = Models.choose(data, count) else { return 0 }
    guard
        let request = try? OIPRequestDecoder.decode(
            body, headerLength: nil, signature: signature, keyParameter: "user")
    else { return 0 }
    var answer = ByteBuffer()
    _ = try? OIPResponseEncoder.encode(
        modelName: "m", modelVersion: "1", id: request.id, outputs: request.inputs,
        requested: request.inputs.indices.map { RequestedOutput(index: $0) }, into: &answer)
    return 0
}

/// The package manager's name for `main`; libFuzzer's own is behind it.
@_cdecl("fuzz_oip_json_main")
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
