import InferenceProtocol
import Models
import NIOCore
import Tensors

/// Requests of the binary tensor extension. The two bytes before the body are the length of its JSON; 0 is a raw request.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard case (let signature, var body)? = Models.choose(data, count), let length = body.readInteger(as: UInt16.self)
    else { return 0 }
    guard let request = try? OIPRequestDecoder.decode(body, headerLength: Int(length), signature: signature) else {
        return 0
    }
    var answer = ByteBuffer()
    _ = try? OIPResponseEncoder.encode(
        modelName: "m", modelVersion: "1", id: request.id, outputs: request.inputs,
        requested: request.inputs.indices.map { RequestedOutput(index: $0, binary: $0 % 2 == 0) }, into: &answer)
    return 0
}

/// The package manager's name for `main`; libFuzzer's own is behind it.
@_cdecl("fuzz_oip_binary_main")
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
